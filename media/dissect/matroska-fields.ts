/** The value in an EBML element, and the fields of a block, with the bytes they came from. */
import { MediaError } from '../errors.ts'
import { type BlockHead, readBlockHead } from '../webm/blocks.ts'
import { hex, readDateMs, readFloat, readInt, readText, readUint, readVint } from '../webm/ebml.ts'
import type { ElementInfo } from '../webm/elements.ts'
import { ID } from '../webm/ids.ts'
import { idWords, numberWords } from './matroska-words.ts'
import type { Field, Problem } from './model.ts'

export interface Fields {
  fields: Field[]
  problems: Problem[]
}

/** Bytes of a binary element that are shown. */
const MAX_HEX_BYTES = 256
/** Bytes of a text that are shown. */
const MAX_TEXT_BYTES = 65_536
/** Bytes of a block's head: the sizes of laced frames. */
const MAX_BLOCK_BYTES = 131_072

/** How many bytes of a body are enough for its fields. */
export function fieldBytes({ id, type }: ElementInfo, bodyBytes: number): number {
  if (isBlock(id)) return Math.min(bodyBytes, MAX_BLOCK_BYTES)
  return Math.min(bodyBytes, type === 'string' || type === 'utf-8' ? MAX_TEXT_BYTES : MAX_HEX_BYTES)
}

export function isBlock(id: number): boolean {
  return id === ID.simpleBlock || id === ID.block
}

/** `body`: the first `fieldBytes` of a body of `bodyBytes` that begins at `offset` of the file. */
export function elementFields(info: ElementInfo, body: Uint8Array, bodyBytes: number, offset: number, maxEntries: number): Fields {
  if (isBlock(info.id)) return blockFields(info.id, body, bodyBytes, offset, maxEntries)
  const { name, type } = info
  const field = (value: Field['value'], text?: string): Fields => ({
    fields: [{ name, value, ...(text === undefined ? {} : { text }), offset, length: bodyBytes }],
    problems: [],
  })
  if (type === 'string' || type === 'utf-8') return field(readText(body), bodyBytes > body.length ? `${bodyBytes} bytes` : undefined)
  if (type === 'binary') {
    if (info.id === ID.seekID) return field(hex(body), idWords(readUint(body)))
    return field(hex(body), bodyBytes > body.length ? `${bodyBytes} bytes` : undefined)
  }
  if (bodyBytes > 8) {
    const what = `${name} has ${bodyBytes} bytes, a number at most 8`
    return { ...field(hex(body)), problems: [{ offset, length: bodyBytes, what, severity: 'error' }] }
  }
  if (type === 'uint') return number(readUint(body))
  if (type === 'int') return number(readInt(body))
  if (type === 'float') {
    const value = readFloat(body)
    if (value !== null && Number.isFinite(value)) return number(value)
    const what = value === null ? `${name} has ${bodyBytes} bytes, a float 0, 4 or 8` : `${name} is no number`
    return { ...field(hex(body)), problems: [{ offset, length: bodyBytes, what, severity: 'error' }] }
  }
  if (type === 'date') {
    const ms = readDateMs(body)
    return field(readInt(body), Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : undefined)
  }
  return field(hex(body))

  function number(value: number): Fields {
    // UIDs are random and do not fit a number; they are shown as what they are.
    if (type !== 'float' && !Number.isSafeInteger(value)) return field(`0x${hex(body)}`)
    return field(value, numberWords(name, value))
  }
}

function blockFields(id: number, body: Uint8Array, bodyBytes: number, offset: number, maxEntries: number): Fields {
  let head: BlockHead | number
  let track: { length: number } | null
  try {
    track = readVint(body, 0)
    head = readBlockHead(body, 0, body.length, bodyBytes)
  } catch (error) {
    if (!(error instanceof MediaError)) throw error
    return { fields: [], problems: [{ offset, length: bodyBytes, what: error.message, severity: 'error' }] }
  }
  if (typeof head === 'number' || track === null) {
    return { fields: [], problems: [{ offset, length: bodyBytes, what: 'the head of the block is cut off', severity: 'error' }] }
  }
  const flags = offset + track.length + 2
  const flag = (name: string, value: boolean): Field => ({ name, value, offset: flags, length: 1 })
  const simple = id === ID.simpleBlock
  const fields: Field[] = [
    { name: 'track', value: head.track, offset, length: track.length },
    { name: 'timestamp', value: head.relativeTicks, text: 'ticks from the Timestamp of the Cluster', offset: flags - 2, length: 2 },
    ...(simple ? [flag('keyframe', head.keyframe)] : []),
    flag('invisible', head.invisible),
    { name: 'lacing', value: head.lacing, offset: flags, length: 1 },
    ...(simple ? [flag('discardable', head.discardable)] : []),
  ]
  let at = offset + head.headBytes
  const frames: Field[] = []
  for (const size of head.sizes.slice(0, maxEntries)) {
    frames.push({ name: 'frame', value: size, text: 'bytes', offset: at, length: size })
    at += size
  }
  const all = {
    name: 'frames',
    value: head.sizes.length,
    offset: offset + head.headBytes,
    length: bodyBytes - head.headBytes,
    fields: frames,
  }
  fields.push(frames.length < head.sizes.length ? { ...all, total: head.sizes.length } : all)
  return { fields, problems: [] }
}
