/**
 * What the tree says of a box or an element: the field that people look for where the type is well known, else its first
 * fields as they are called in the standard.
 */
import type { Field, FieldValue } from '../../media/dissect/model.ts'
import { isOmission, type ReportNode } from '../../media/dissect/report-tree.ts'
import { thousands } from './words.ts'

export interface Label {
  /** `Track 1: Video`, `Media Data`; empty where the type is all there is to say. */
  name: string
  /** `1920x1080, enabled`; empty where there is nothing. */
  summary: string
  /** Fields that stand below it, a line each. */
  lines: string[]
}

export function labelNode(node: ReportNode): Label {
  const name = NAMES[node.type]?.(node) ?? shortName(node.name)
  const lines = LINES[node.type]?.(node) ?? []
  const summary = lines.length > 0 ? '' : (SUMMARIES[node.type]?.(node) ?? sampleEntry(node) ?? fieldsInWords(node.fields))
  return { name: name.toLowerCase() === node.type.toLowerCase() ? '' : name, summary, lines }
}

/** Every field, indented as they lie in each other, of long tables the first entries: for `--fields` and `--hex`. */
export function fieldLines(fields: Field[], indent = ''): string[] {
  return fields.flatMap((field) => {
    const line = `${indent}${field.name}: ${inWords(field)}`
    const inner = (field.fields ?? []).slice(0, isTable(field) ? MAX_ENTRY_LINES : undefined)
    const left = (entries(field) ?? 0) - inner.length
    return [line, ...fieldLines(inner, `${indent}  `), ...(isTable(field) && left > 0 ? [`${indent}  … ${thousands(left)} more`] : [])]
  })
}
export const MAX_ENTRY_LINES = 16

/** Its fields are entries, `[0]`, `[1]` and so on; its value is how many there are. */
export function isTable({ fields, total, value }: Field): boolean {
  return total !== undefined || (fields?.[0]?.name === '[0]' && typeof value === 'number')
}

/** Entries in all, those that were not read included; undefined for what is no table. */
function entries(field: Field): number | undefined {
  return isTable(field) ? (field.total ?? (typeof field.value === 'number' ? field.value : field.fields?.length)) : undefined
}

function shortName(name: string): string {
  return name.replace(/ (?:Box|Atom|Sample Entry)$/, '')
}

type Say = (node: ReportNode) => string | undefined

const NAMES: Record<string, Say> = {
  trak: (node) => trackName(numberIn(child(node, 'tkhd'), 'track_ID'), textIn(child(child(node, 'mdia'), 'hdlr'), 'handler_type')),
  TrackEntry: (node) => {
    const type = child(node, 'TrackType')?.fields[0]
    return trackName(
      Number(child(node, 'TrackNumber')?.fields[0]?.value),
      type === undefined ? undefined : (type.text ?? String(type.value)),
    )
  },
}

const KINDS: Record<string, string> = {
  ...{
    vide: 'Video',
    soun: 'Audio',
    text: 'Text',
    sbtl: 'Text',
    subt: 'Text',
    clcp: 'Captions',
    tmcd: 'Timecode',
    meta: 'Metadata',
    hint: 'Hints',
  },
  ...{ '1': 'Video', '2': 'Audio', '17': 'Text', video: 'Video', audio: 'Audio', subtitle: 'Text' },
}

function trackName(id: number | undefined, kind: string | undefined): string | undefined {
  if (id === undefined || Number.isNaN(id)) return undefined
  return kind === undefined ? `Track ${id}` : `Track ${id}: ${KINDS[kind] ?? kind}`
}

const LINES: Record<string, (node: ReportNode) => string[]> = {
  mvhd: (node) => [
    ...called(node, 'timescale', ({ value }) => `Timescale: ${String(value)}`),
    ...called(node, 'duration', (field) => `Duration: ${inWords(field)}`),
  ],
}

const SUMMARIES: Record<string, Say> = {
  ftyp: brands,
  styp: brands,
  tkhd: (node) => {
    const [width, height] = [numberIn(node, 'width'), numberIn(node, 'height')]
    const size = width !== undefined && height !== undefined && width > 0 ? [`${Math.round(width)}x${Math.round(height)}`] : []
    const flags = find(node.fields, 'flags')
    const enabled = typeof flags?.value === 'number' ? [flags.value % 2 === 1 ? 'enabled' : 'not enabled'] : []
    return [...size, ...enabled].join(', ') || undefined
  },
  mdhd: (node) => {
    const said = called(node, 'timescale', ({ value }) => `timescale=${String(value)}`)
    const long = called(node, 'duration', ({ value, text }) => text ?? `duration=${String(value)}`)
    const language = textIn(node, 'language')
    return [...said, ...long, ...(language === undefined || language === 'und' ? [] : [language])].join(', ')
  },
  hdlr: (node) => {
    const type = find(node.fields, 'handler_type')
    const name = textIn(node, 'name')
    return type === undefined ? undefined : `${String(type.value)}${name === undefined || name === '' ? '' : ` (${name})`}`
  },
  stsd: (node) =>
    (node.children ?? [])
      .flatMap((entry) => (isOmission(entry) ? [] : [entry.name === '' ? entry.type : `${entry.type} (${shortName(entry.name)})`]))
      .join(', '),
  avcC: (node) => profile(node, 'AVCProfileIndication', 'AVCLevelIndication'),
  hvcC: (node) => profile(node, 'general_profile_idc', 'general_level_idc'),
  av1C: (node) => profile(node, 'seq_profile', 'seq_level_idx_0'),
  vpcC: (node) => profile(node, 'profile', 'level'),
  stts: (node) => {
    const counts = column(node, 'sample_count')
    const total = tableSize(node) ?? counts.length
    const deltas = new Set(column(node, 'sample_delta'))
    if (total > counts.length) return `${thousands(total)} runs of samples`
    const [delta] = deltas
    return `${counted(sum(counts), 'sample')}${deltas.size === 1 && delta !== undefined ? `, ${thousands(delta)} ticks each` : ''}`
  },
  ctts: (node) => {
    const offsets = column(node, 'sample_offset')
    return offsets.length === 0 ? undefined : `offsets of ${span(offsets)} ticks`
  },
  stss: (node) => {
    const numbers = column(node, 'sample_number')
    const total = tableSize(node) ?? numbers.length
    const gaps = new Set(numbers.slice(1).map((number, at) => number - (numbers[at] ?? 0)))
    const [gap] = gaps
    const regular = gaps.size === 1 && gap !== undefined ? `every ${gap} frames` : `${span([...gaps])} frames apart`
    return `${counted(total, 'keyframe')}${gaps.size === 0 ? '' : ` (${regular})`}`
  },
  stsz: (node) => {
    const count = numberIn(node, 'sample_count')
    const each = numberIn(node, 'sample_size')
    return count === undefined
      ? undefined
      : `${counted(count, 'sample')}${each === undefined || each === 0 ? '' : ` of ${counted(each, 'byte')}`}`
  },
  elst: (node) => mention(tableSize(node), (count) => `${counted(count, 'edit')}${editWords(node)}`),
  esds: (node) => {
    const type = find(node.fields, 'objectTypeIndication')
    const object = find(node.fields, 'audioObjectType')
    return type === undefined
      ? undefined
      : [type, ...(object === undefined ? [] : [object])].map((one) => one.text ?? String(one.value)).join(', ')
  },
  trex: ofTrack,
  tfhd: ofTrack,
  tfdt: (node) => called(node, 'baseMediaDecodeTime', (field) => inWords(field)).join(''),
  trun: (node) => mention(numberIn(node, 'sample_count'), (count) => counted(count, 'sample')),
  tfra: (node) => [ofTrack(node) ?? '', counted(tableSize(node) ?? 0, 'entry')].join(', '),
  stsc: (node) => mention(tableSize(node), (count) => counted(count, 'run') + ' of chunks'),
  stco: chunks,
  co64: chunks,
  SimpleBlock: block,
  Block: block,
  mdat: (node) => (node.size > node.headerBytes ? `${thousands(node.size)} bytes @ offset ${thousands(node.offset)}` : 'empty'),
}

/** ` from 1024`, or that it starts late; nothing where there are several. */
function editWords(node: ReportNode): string {
  const times = column(node, 'media_time')
  const [first] = times
  if (first === undefined) return ''
  if (first === -1) return ', starts late'
  return times.length === 1 ? `, from media time ${thousands(first)}` : ''
}

/** The fields that all pictures, and all sounds, have in common (ISO/IEC 14496-12 12.1.3 and 12.2.3). */
function sampleEntry(node: ReportNode): string | undefined {
  if (find(node.fields, 'data_reference_index') === undefined) return undefined
  const [width, height] = [numberIn(node, 'width'), numberIn(node, 'height')]
  if (width !== undefined && height !== undefined) return `${width}x${height}`
  const [channels, rate] = [numberIn(node, 'channelcount'), numberIn(node, 'samplerate')]
  return channels === undefined || rate === undefined ? undefined : `${counted(channels, 'channel')}, ${rate} Hz`
}

function brands(node: ReportNode): string | undefined {
  const list = find(node.fields, 'compatible_brands')
  const others = list === undefined ? [] : (list.fields?.map(({ value }) => value) ?? [list.value].flat())
  const all = [textIn(node, 'major_brand') ?? [], others].flat().map((brand) => String(brand).trim())
  return all.length === 0 ? undefined : [...new Set(all)].filter((brand) => brand !== '').join(', ')
}

function profile(node: ReportNode, ...names: [string, string]): string | undefined {
  const [what, level] = names.map((name) => find(node.fields, name))
  if (what === undefined || level === undefined) return undefined
  return `Profile ${what.text ?? String(what.value)}, Level ${(level.text ?? String(level.value)).replace(/^level /, '')}`
}

function ofTrack(node: ReportNode): string | undefined {
  return mention(numberIn(node, 'track_ID'), (id) => `track ${id}`)
}

/** A block's time counts from its cluster's. */
function block(node: ReportNode): string | undefined {
  const [track, timestamp] = [numberIn(node, 'track'), numberIn(node, 'timestamp')]
  if (track === undefined || timestamp === undefined) return undefined
  const flag = (name: string): string[] => (find(node.fields, name)?.value === true ? [name] : [])
  const lacing = called(node, 'lacing', ({ value, text }) => text ?? String(value)).filter((kind) => !/^(?:none|no lacing|0)$/.test(kind))
  const laced = lacing.map((kind) => (/lacing/i.test(kind) ? kind : `${kind} lacing`))
  return [`track ${track}`, `${timestamp < 0 ? '' : '+'}${timestamp}`, ...flag('keyframe'), ...flag('invisible'), ...laced].join(', ')
}

function chunks(node: ReportNode): string | undefined {
  return mention(tableSize(node), (count) => counted(count, 'chunk'))
}

/** `a: 1, b: 2 (in words)` of the fields that say something, as many as fit a line. */
function fieldsInWords(fields: Field[]): string {
  const [only] = fields
  if (only !== undefined && fields.length === 1 && only.fields === undefined) return inWords(only)
  const parts: string[] = []
  let length = 0
  for (const field of fields) {
    // Flags that nobody named, and groups whose parts say more than their sum.
    const mute = field.text === undefined && (field.name === 'flags' || (field.fields !== undefined && !isTable(field)))
    if (mute || DULL.test(field.name)) continue
    const part = `${field.name}=${inWords(field)}`
    length += part.length + 2
    if (length > MAX_SUMMARY && parts.length > 0) return `${parts.join(', ')}, …`
    parts.push(part)
  }
  return parts.join(', ')
}
const MAX_SUMMARY = 110
/** The same in every file. */
const DULL = /^(?:version|reserved\d*|pre_defined\d*|matrix|entry_count|(?:creation|modification)_time|size|type)$/i

/** A value and what it means; long lists and tables are counted. */
function inWords(field: Field): string {
  const { value, text, fields } = field
  const count = entries(field)
  if (count !== undefined) {
    const simple =
      fields !== undefined && fields.length === count && count <= MAX_LIST && fields.every((entry) => entry.fields === undefined)
    return simple ? `[${fields.map((entry) => inWords(entry)).join(', ')}]` : counted(count, 'entry')
  }
  if (Array.isArray(value)) {
    if (text !== undefined) return text
    return value.length > MAX_LIST ? counted(value.length, 'entry') : value.map((item) => plain(item)).join(', ')
  }
  const said = plain(value)
  return text === undefined || text === said ? said : `${said} (${text})`
}
const MAX_LIST = 12

function plain(value: FieldValue): string {
  const said = Array.isArray(value) ? value.map(plain).join(' ') : String(value)
  if (said.length > MAX_HEX && /^[\da-f]+$/.test(said)) return `${said.slice(0, MAX_HEX)}…`
  return said.length > MAX_VALUE ? `${said.slice(0, MAX_VALUE)}…` : said
}
const MAX_VALUE = 64
const MAX_HEX = 24

function child(node: ReportNode | undefined, type: string): ReportNode | undefined {
  return node?.children?.find((inner): inner is ReportNode => !isOmission(inner) && inner.type === type)
}

/** The first field of a name, however deep. */
function find(fields: Field[], name: string): Field | undefined {
  for (const field of fields) {
    if (field.name === name) return field
    const inner = field.fields === undefined ? undefined : find(field.fields, name)
    if (inner !== undefined) return inner
  }
  return undefined
}

function numberIn(node: ReportNode | undefined, name: string): number | undefined {
  const value = node === undefined ? undefined : find(node.fields, name)?.value
  return typeof value === 'number' ? value : undefined
}

function textIn(node: ReportNode | undefined, name: string): string | undefined {
  const value = node === undefined ? undefined : find(node.fields, name)?.value
  return typeof value === 'string' ? value : undefined
}

/** Numbers of a column of a node's table: fields of that name in its entries, or the entries themselves. */
function column(node: ReportNode, name: string): number[] {
  const table = node.fields.find(isTable)
  return (table?.fields ?? []).flatMap((entry) => {
    const value = entry.fields === undefined ? entry.value : find(entry.fields, name)?.value
    return typeof value === 'number' ? [value] : []
  })
}

/** Entries of the node's table, those that were not read included. */
function tableSize(node: ReportNode): number | undefined {
  const table = node.fields.find(isTable)
  return table === undefined ? numberIn(node, 'entry_count') : entries(table)
}

function called(node: ReportNode, name: string, say: (field: Field) => string): string[] {
  const field = find(node.fields, name)
  return field === undefined ? [] : [say(field)]
}

function mention(count: number | undefined, say: (count: number) => string): string | undefined {
  return count === undefined ? undefined : say(count)
}

function counted(count: number, noun: string): string {
  const plural = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`
  return `${thousands(count)} ${count === 1 ? noun : plural}`
}

function span(numbers: number[]): string {
  const low = numbers.reduce((least, number) => Math.min(least, number), Infinity)
  const high = numbers.reduce((most, number) => Math.max(most, number), -Infinity)
  return low === high ? thousands(low) : `${thousands(low)} to ${thousands(high)}`
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
