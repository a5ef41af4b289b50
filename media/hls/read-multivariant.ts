/** Reads the lines of a multivariant playlist (RFC 8216bis 4.4.6). */
import { MediaError } from '../errors.ts'
import type { AudioRendition, Variant, VariantBase, VideoRange } from './model.ts'
import { type Attributes, readAttributes, readNumber, readResolution } from './read-attributes.ts'
import type { Line, ReadMultivariant, ReadMultivariantPlaylist } from './read-model.ts'
import { splitTag } from './split-tag.ts'

const MAX_ENTRIES = 1000

export function readMultivariant(lines: Line[]): ReadMultivariant {
  const playlist: ReadMultivariantPlaylist = {
    version: 1,
    independentSegments: false,
    variants: [],
    iframeVariants: [],
    audio: [],
    sessionData: [],
  }
  const warnings: string[] = []
  let open: { line: Line; attributes: Attributes } | null = null
  for (const line of lines) {
    limitEntries(playlist)
    const tag = splitTag(line.text)
    if (tag === 'uri') {
      if (open === null) warn(warnings, line, 'an address without EXT-X-STREAM-INF before it is ignored')
      else playlist.variants.push(toVariant(warnings, open.line, open.attributes, line.text))
      open = null
      continue
    }
    if (tag === 'comment') continue
    const attributes = readAttributes(tag.value)
    if (tag.name === 'EXT-X-VERSION') playlist.version = readNumber(tag.value) ?? 1
    else if (tag.name === 'EXT-X-INDEPENDENT-SEGMENTS') playlist.independentSegments = true
    else if (tag.name === 'EXT-X-STREAM-INF') {
      if (open !== null) warn(warnings, open.line, 'EXT-X-STREAM-INF without an address is ignored')
      open = { line, attributes }
    } else if (tag.name === 'EXT-X-I-FRAME-STREAM-INF') {
      const uri = attributes.get('URI')
      if (uri === undefined) warn(warnings, line, 'EXT-X-I-FRAME-STREAM-INF without URI is ignored')
      else playlist.iframeVariants.push(toBase(warnings, line, attributes, uri))
    } else if (tag.name === 'EXT-X-MEDIA' && attributes.get('TYPE') === 'AUDIO') {
      const rendition = toAudio(attributes)
      if (rendition === null) warn(warnings, line, 'EXT-X-MEDIA without GROUP-ID or NAME is ignored')
      else playlist.audio.push(rendition)
    } else if (tag.name === 'EXT-X-SESSION-DATA') {
      const [id, value] = [attributes.get('DATA-ID'), attributes.get('VALUE')]
      // With a URI instead of a VALUE it is data for somebody else.
      if (id !== undefined && value !== undefined) playlist.sessionData.push({ id, value })
    }
  }
  limitEntries(playlist)
  if (open !== null) warn(warnings, open.line, 'EXT-X-STREAM-INF without an address is ignored')
  return { kind: 'multivariant', playlist, warnings }
}

function limitEntries({ variants, iframeVariants, audio, sessionData }: ReadMultivariantPlaylist): void {
  if (variants.length + iframeVariants.length + audio.length + sessionData.length <= MAX_ENTRIES) return
  throw new MediaError('too-large', `a multivariant playlist of more than ${MAX_ENTRIES} entries`)
}

function warn(warnings: string[], { number }: Line, text: string): void {
  warnings.push(`line ${number}: ${text}`)
}

function toBase(warnings: string[], line: Line, attributes: Attributes, uri: string): VariantBase {
  const bandwidthBps = readNumber(attributes.get('BANDWIDTH'))
  if (bandwidthBps === undefined) warn(warnings, line, 'BANDWIDTH is missing; taken as 0')
  const averageBandwidthBps = readNumber(attributes.get('AVERAGE-BANDWIDTH'))
  const resolution = readResolution(attributes.get('RESOLUTION'))
  const videoRange = toVideoRange(attributes.get('VIDEO-RANGE'))
  return {
    uri,
    bandwidthBps: bandwidthBps ?? 0,
    codecs: (attributes.get('CODECS') ?? '')
      .split(',')
      .map((codec) => codec.trim())
      .filter((codec) => codec !== ''),
    ...(averageBandwidthBps === undefined ? {} : { averageBandwidthBps }),
    ...(resolution === undefined ? {} : { resolution }),
    ...(videoRange === undefined ? {} : { videoRange }),
  }
}

function toVideoRange(text: string | undefined): VideoRange | undefined {
  return text === 'SDR' || text === 'HLG' || text === 'PQ' ? text : undefined
}

function toVariant(warnings: string[], line: Line, attributes: Attributes, uri: string): Variant {
  const frameRate = readNumber(attributes.get('FRAME-RATE'))
  const audioGroup = attributes.get('AUDIO')
  return {
    ...toBase(warnings, line, attributes, uri),
    ...(frameRate === undefined ? {} : { frameRate }),
    ...(audioGroup === undefined ? {} : { audioGroup }),
  }
}

function toAudio(attributes: Attributes): AudioRendition | null {
  const groupId = attributes.get('GROUP-ID')
  const name = attributes.get('NAME')
  if (groupId === undefined || name === undefined) return null
  const uri = attributes.get('URI')
  const language = attributes.get('LANGUAGE')
  // "1" or "16/JOC": the count comes first
  const channels = readNumber(attributes.get('CHANNELS')?.split('/')[0])
  return {
    groupId,
    name,
    default: attributes.get('DEFAULT') === 'YES',
    autoselect: attributes.get('AUTOSELECT') === 'YES',
    ...(uri === undefined ? {} : { uri }),
    ...(language === undefined ? {} : { language }),
    ...(channels === undefined ? {} : { channels }),
  }
}
