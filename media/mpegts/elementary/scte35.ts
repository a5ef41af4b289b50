/** splice_info_section (ANSI/SCTE 35 9.6): what a cue says, in words. */
import { ByteReader } from '../../bytes/byte-reader.ts'
import { MediaError } from '../../errors.ts'
import { PTS_WRAP } from '../pes.ts'

/** table_id of a splice_info_section. */
export const SPLICE_TABLE_ID = 0xfc

export interface SpliceInfo {
  command: string
  /** splice_time with pts_adjustment, ticks of 90 kHz as stored; null: at once, or not said. */
  pts: number | null
  /** In words. */
  text: string
  fields: Record<string, string | number | boolean>
}

const COMMANDS: Readonly<Record<number, string>> = {
  ...{ 0x00: 'splice_null', 0x04: 'splice_schedule', 0x05: 'splice_insert', 0x06: 'time_signal', 0x07: 'bandwidth_reservation' },
  0xff: 'private_command',
}

/** segmentation_type_id, table 23. */
const SEGMENTATION: Readonly<Record<number, string>> = {
  ...{ 0x00: 'not indicated', 0x01: 'content identification', 0x10: 'program start', 0x11: 'program end' },
  ...{ 0x12: 'program early termination', 0x13: 'program breakaway', 0x14: 'program resumption', 0x17: 'program overlap start' },
  ...{ 0x19: 'program start, in progress', 0x20: 'chapter start', 0x21: 'chapter end', 0x22: 'break start', 0x23: 'break end' },
  ...{ 0x30: 'provider advertisement start', 0x31: 'provider advertisement end' },
  ...{ 0x32: 'distributor advertisement start', 0x33: 'distributor advertisement end' },
  ...{ 0x34: 'provider placement opportunity start', 0x35: 'provider placement opportunity end' },
  ...{ 0x36: 'distributor placement opportunity start', 0x37: 'distributor placement opportunity end' },
  ...{ 0x40: 'unscheduled event start', 0x41: 'unscheduled event end', 0x50: 'network start', 0x51: 'network end' },
}

/** Reads a section whose CRC was checked. Throws `MediaError` when it contradicts itself. */
export function readSpliceInfo(section: Uint8Array): SpliceInfo {
  const reader = new ByteReader(section, 3, Math.max(3, section.length - 4))
  // protocol_version
  reader.skip(1)
  // encrypted_packet (1), encryption_algorithm (6), pts_adjustment (33)
  const flags = reader.u8()
  const adjustment = (flags & 1) * 2 ** 32 + reader.u32()
  // cw_index, tier (12), splice_command_length (12)
  reader.skip(1)
  const tierAndLength = reader.u24()
  const type = reader.u8()
  const command = COMMANDS[type] ?? `splice command ${type}`
  if (flags & 0x80) return { command, pts: null, text: `${command}, encrypted`, fields: { encrypted: true } }
  const body: Omit<SpliceInfo, 'command'> = { pts: null, text: command, fields: {} }
  const start = reader.offset
  if (type === 0x05) readInsert(reader, body)
  else if (type === 0x06) body.pts = readSpliceTime(reader)
  if (body.pts !== null) body.pts = (body.pts + adjustment) % PTS_WRAP
  if (adjustment !== 0) body.fields['ptsAdjustment'] = adjustment
  // 0xFFF: "not … set by legacy equipment"
  const length = tierAndLength & 0xfff
  if (length !== 0xfff && start + length <= reader.end) readDescriptors(new ByteReader(section, start + length, reader.end), body)
  return { command, ...body }
}

/** splice_time(): time_specified_flag, reserved (6), pts_time (33). */
function readSpliceTime(reader: ByteReader): number | null {
  const first = reader.u8()
  return first & 0x80 ? (first & 1) * 2 ** 32 + reader.u32() : null
}

/** splice_insert(), 9.7.3. */
function readInsert(reader: ByteReader, body: Omit<SpliceInfo, 'command'>): void {
  const eventId = reader.u32()
  body.fields['eventId'] = eventId
  // splice_event_cancel_indicator
  if (reader.u8() & 0x80) {
    body.text = `splice_insert: event ${eventId} is cancelled`
    body.fields['cancelled'] = true
    return
  }
  const flags = reader.u8()
  const [out, program, hasDuration, immediate] = [0x80, 0x40, 0x20, 0x10].map((bit) => (flags & bit) !== 0)
  if (program && !immediate) body.pts = readSpliceTime(reader)
  if (!program) {
    for (let left = reader.u8(); left > 0; left -= 1) {
      reader.skip(1)
      if (!immediate) body.pts ??= readSpliceTime(reader)
    }
  }
  let duration = ''
  if (hasDuration) {
    // auto_return (1), reserved (6), duration (33)
    const first = reader.u8()
    const seconds = ((first & 1) * 2 ** 32 + reader.u32()) / 90_000
    body.fields['durationSeconds'] = seconds
    body.fields['autoReturn'] = (first & 0x80) !== 0
    duration = ` for ${Number(seconds.toFixed(3))} s${first & 0x80 ? ', returning by itself' : ''}`
  }
  body.fields['outOfNetwork'] = out === true
  if (immediate) body.fields['immediate'] = true
  body.text = `splice_insert: event ${eventId}, ${out ? 'out of' : 'back to'} the network${immediate ? ' at once' : ''}${duration}`
}

/** splice_descriptor(), 10.2; segmentation_descriptor() (tag 2), 10.3.3. */
function readDescriptors(reader: ByteReader, body: Omit<SpliceInfo, 'command'>): void {
  const within = new ByteReader(reader.take(reader.u16()))
  while (within.remaining >= 2) {
    const tag = within.u8()
    const descriptor = new ByteReader(within.take(within.u8()))
    if (tag !== 0x02 || descriptor.remaining < 9 || descriptor.fourcc() !== 'CUEI') continue
    try {
      readSegmentation(descriptor, body)
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
    }
  }
}

function readSegmentation(reader: ByteReader, body: Omit<SpliceInfo, 'command'>): void {
  const eventId = reader.u32()
  body.fields['segmentationEventId'] = eventId
  // segmentation_event_cancel_indicator
  if (reader.u8() & 0x80) {
    body.text += `; segmentation event ${eventId} is cancelled`
    return
  }
  // program_segmentation_flag, segmentation_duration_flag, delivery_not_restricted_flag, restrictions (5)
  const flags = reader.u8()
  // component_count; component_tag (8), reserved (7), pts_offset (33)
  if (!(flags & 0x80)) reader.skip(reader.u8() * 6)
  let duration = ''
  if (flags & 0x40) {
    const seconds = (reader.u8() * 2 ** 32 + reader.u32()) / 90_000
    body.fields['segmentationDurationSeconds'] = seconds
    duration = ` for ${Number(seconds.toFixed(3))} s`
  }
  // segmentation_upid_type, segmentation_upid_length
  reader.skip(1)
  reader.skip(reader.u8())
  const type = reader.u8()
  const words = SEGMENTATION[type] ?? `segmentation type 0x${type.toString(16)}`
  body.fields['segmentationType'] = words
  body.text += `; ${words}, event ${eventId}${duration}`
}
