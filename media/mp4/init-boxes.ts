/**
 * Writes `ftyp` and `moov` of a fragmented file with one track (ISO/IEC 14496-12 8.2 to 8.8, CMAF: ISO/IEC 23000-19 7).
 * No times of day and no names of programs: equal tracks give equal bytes.
 */
import { concat, fourcc, u16, u32, u8, zeros } from '../bytes/write-bytes.ts'
import { box, fullBox } from './write-box.ts'

/** The one track of every file written here. */
export const TRACK_ID = 1

export interface InitTrack {
  kind: 'video' | 'audio'
  /** Ticks per second. */
  timescale: number
  /** Media time of the edit list, ticks: presentation time 0. */
  mediaTime: number
  /** 16.16 fixed point; 0 for audio. */
  width: number
  height: number
  /** Degrees clockwise that a player turns the picture; 0 unless given. */
  rotation?: 0 | 90 | 180 | 270
  /** A whole sample entry box. */
  sampleEntry: Uint8Array
}

export function writeInit(track: InitTrack): Uint8Array {
  // cmfc: CMAF, "composition offsets and edit lists as in 7.5"; iso6: default-base-is-moof, signed offsets.
  const ftyp = box('ftyp', fourcc('cmfc'), u32(0), fourcc('iso6', 'cmfc', 'mp41'))
  return concat([ftyp, box('moov', mvhd(), trak(track), mvex())])
}

/** "transformation matrix" {a,b,u, c,d,v, x,y,w}: 16.16, u, v, w 2.30. (p q 1) · matrix = (m n z): y grows downwards. */
const MATRIX = matrix(1, 0, 0, 1)

function matrix(a: number, b: number, c: number, d: number, x = 0, y = 0): Uint8Array {
  return u32(...[a * 0x10000, b * 0x10000, 0], ...[c * 0x10000, d * 0x10000, 0], ...[x, y, 0x40000000])
}

/** Turned clockwise about the origin and moved back into view; `width` and `height` are 16.16 before the turn. */
export function matrixOf({ rotation = 0, width, height }: Pick<InitTrack, 'rotation' | 'width' | 'height'>): Uint8Array {
  if (rotation === 90) return matrix(0, 1, -1, 0, height, 0)
  if (rotation === 180) return matrix(-1, 0, 0, -1, width, height)
  if (rotation === 270) return matrix(0, -1, 1, 0, 0, width)
  return MATRIX
}

function mvhd(): Uint8Array {
  return fullBox(
    'mvhd',
    0,
    0,
    u32(0, 0), // creation_time, modification_time
    u32(1000, 0), // timescale, duration: fragments say how long it is
    u32(0x10000), // rate = 1.0
    u16(0x0100), // volume = full
    zeros(10), // reserved
    MATRIX,
    zeros(24), // pre_defined
    u32(TRACK_ID + 1), // next_track_ID
  )
}

function trak(track: InitTrack): Uint8Array {
  const media = box('mdia', mdhd(track), hdlr(track), minf(track))
  return box('trak', tkhd(track), edts(track), media)
}

function tkhd(track: InitTrack): Uint8Array {
  const { kind, width, height } = track
  return fullBox(
    'tkhd',
    0,
    3, // track_enabled, track_in_movie
    u32(0, 0), // creation_time, modification_time
    u32(TRACK_ID, 0, 0), // track_ID, reserved, duration
    zeros(8), // reserved
    u16(0, 0), // layer, alternate_group
    u16(kind === 'audio' ? 0x0100 : 0, 0), // volume, reserved
    matrixOf(track),
    u32(width, height),
  )
}

/** Always there, also for 0: a rendition's chunks cannot differ in it. segment_duration 0: "to the end", which fragments decide. */
function edts({ mediaTime }: InitTrack): Uint8Array {
  return box('edts', fullBox('elst', 0, 0, u32(1, 0, mediaTime), u16(1, 0)))
}

function mdhd({ timescale }: InitTrack): Uint8Array {
  // creation_time, modification_time, timescale, duration; language 'und' in three times five bits; pre_defined
  return fullBox('mdhd', 0, 0, u32(0, 0, timescale, 0), u16(0x55c4, 0))
}

function hdlr({ kind }: InitTrack): Uint8Array {
  // pre_defined, handler_type, reserved[3], name: empty
  return fullBox('hdlr', 0, 0, u32(0), fourcc(kind === 'video' ? 'vide' : 'soun'), zeros(12), u8(0))
}

function minf({ kind, sampleEntry }: InitTrack): Uint8Array {
  // vmhd: graphicsmode, opcolor[3], flags 1; smhd: balance, reserved
  const header = kind === 'video' ? fullBox('vmhd', 0, 1, zeros(8)) : fullBox('smhd', 0, 0, zeros(4))
  // flags 1: "the media data is in the same file"
  const dinf = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)))
  const stbl = box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), sampleEntry),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  )
  return box('minf', header, dinf, stbl)
}

function mvex(): Uint8Array {
  // track_ID, default_sample_description_index; durations, sizes and flags come with each fragment
  return box('mvex', fullBox('trex', 0, 0, u32(TRACK_ID, 1, 0, 0, 0)))
}

/** SampleEntry and VisualSampleEntry, 12.1.3, around its configuration boxes. */
export function writeVisualSampleEntry(type: string, width: number, height: number, boxes: Uint8Array[]): Uint8Array {
  return box(
    type,
    zeros(6),
    u16(1), // data_reference_index
    zeros(16), // pre_defined, reserved
    u16(width, height),
    u32(0x480000, 0x480000), // horizresolution, vertresolution = 72 dpi
    u32(0), // reserved
    u16(1), // frame_count
    zeros(32), // compressorname
    u16(0x0018, 0xffff), // depth = colour without alpha, pre_defined = -1
    ...boxes,
  )
}

/** SampleEntry and AudioSampleEntry, 12.2.3. */
export function writeAudioSampleEntry(type: string, channels: number, sampleRateHz: number, boxes: Uint8Array[]): Uint8Array {
  // data_reference_index; reserved; channelcount, samplesize = 16, pre_defined, reserved; samplerate 16.16
  return box(type, zeros(6), u16(1), zeros(8), u16(channels, 16, 0, 0), u16(sampleRateHz, 0), ...boxes)
}
