/**
 * FFmpeg's `ftyp` + `moov` to ours. Everything that depends on who encoded goes: times, tags, the name and version of the
 * encoder, bit rates, `hev1` or `hvc1`. What stays is what a decoder needs, so that chunks made by different runners have
 * equal initialization segments, byte for byte.
 */
import { aacCodec, readEsds, writeEsds } from '../codecs/aac.ts'
import { av1Codec } from '../codecs/av1.ts'
import { avcCodec } from '../codecs/avc.ts'
import { hevcCodec, keepParameterSets } from '../codecs/hevc.ts'
import { vp9Codec } from '../codecs/vp9.ts'
import { MediaError } from '../errors.ts'
import { writeAudioSampleEntry, writeInit, writeVisualSampleEntry } from '../mp4/init-boxes.ts'
import {
  type Edit,
  readAudioSampleEntry,
  readElst,
  readHdlr,
  readMdhd,
  readTkhd,
  readTrex,
  readVisualSampleEntry,
  type Trex,
} from '../mp4/movie-boxes.ts'
import { type Box, childrenOf, findBox, needBox, readBody } from '../mp4/read-box.ts'
import { box } from '../mp4/write-box.ts'
import type { InitSegment } from './model.ts'

/** What FFmpeg's `moov` says about its only track. */
export interface SourceTrack {
  trex: Trex
  /** Media time of presentation time 0 as the encoder has it, ticks. */
  delayTicks: number
}

/**
 * Reads a `moov` box (`moov` spans it in `bytes`) and writes the initialization segment. `delayTicks` replaces the edit
 * list's media time; null keeps it. Throws `MediaError` for anything but one supported track that starts at time 0.
 */
export function rewriteInit(bytes: Uint8Array, moov: Box, delayTicks: number | null): { init: InitSegment; source: SourceTrack } {
  const traks = childrenOf(bytes, moov).filter(({ type }) => type === 'trak')
  const [trak] = traks
  if (trak === undefined || traks.length > 1) throw new MediaError('unsupported', `${traks.length} tracks: the packager takes one`)
  const { timescale } = readBody(bytes, needBox(bytes, trak, 'mdia', 'mdhd'), readMdhd)
  const { handlerType } = readBody(bytes, needBox(bytes, trak, 'mdia', 'hdlr'), readHdlr)
  const tkhd = readBody(bytes, needBox(bytes, trak, 'tkhd'), readTkhd)
  const trex = readBody(bytes, needBox(bytes, moov, 'mvex', 'trex'), readTrex)
  if (trex.trackId !== tkhd.trackId) throw new MediaError('malformed', `trex is for track ${trex.trackId}, not ${tkhd.trackId}`)
  const elst = findBox(bytes, trak, 'edts', 'elst')
  const source = { trex, delayTicks: elst === null ? 0 : startOf(readBody(bytes, elst, readElst)) }
  const [entry] = childrenOf(bytes, needBox(bytes, trak, 'mdia', 'minf', 'stbl', 'stsd'))
  if (entry === undefined) throw new MediaError('malformed', 'stsd has no entry')
  const kept = delayTicks ?? source.delayTicks
  const common = { timescale, mediaTime: kept }
  if (handlerType === 'vide') {
    const { codecs, sampleEntry, ...coded } = rewriteVideo(bytes, entry)
    const video = { width: Math.round(tkhd.width / 65536) || coded.width, height: Math.round(tkhd.height / 65536) || coded.height }
    const init = writeInit({ kind: 'video', ...common, width: tkhd.width, height: tkhd.height, sampleEntry })
    return { init: { bytes: init, facts: { kind: 'video', codecs, timescale, delayTicks: kept, video, audio: null } }, source }
  }
  if (handlerType === 'soun') {
    const { codecs, sampleEntry, audio } = rewriteAudio(bytes, entry)
    const init = writeInit({ kind: 'audio', ...common, width: 0, height: 0, sampleEntry })
    return { init: { bytes: init, facts: { kind: 'audio', codecs, timescale, delayTicks: kept, video: null, audio } }, source }
  }
  throw new MediaError('unsupported', `a track of handler '${handlerType}'`)
}

/** An edit list may say where the track starts, and nothing else. */
function startOf(edits: Edit[]): number {
  const [first, ...more] = edits
  if (first === undefined) return 0
  // An empty edit delays the track in the movie's coarse timescale; the caller makes tracks start at 0 instead.
  if (first.mediaTime < 0) throw new MediaError('unsupported', 'the track starts late (empty edit): make its first sample start at time 0')
  if (more.length > 0) throw new MediaError('unsupported', `an edit list of ${edits.length} entries`)
  return first.mediaTime
}

interface VideoCodecEntry {
  /** Type of the configuration box. */
  config: string
  /** Type of the sample entry that is written. */
  entry: string
  codec: (config: Uint8Array) => string
  clean?: (config: Uint8Array) => Uint8Array
}

const HEVC: VideoCodecEntry = { config: 'hvcC', entry: 'hvc1', codec: hevcCodec, clean: keepParameterSets }
const VIDEO: Readonly<Record<string, VideoCodecEntry>> = {
  avc1: { config: 'avcC', entry: 'avc1', codec: avcCodec },
  hvc1: HEVC,
  hev1: HEVC,
  vp09: { config: 'vpcC', entry: 'vp09', codec: vp9Codec },
  av01: { config: 'av1C', entry: 'av01', codec: av1Codec },
}

/** Colour, mastering display, content light, pixel aspect: what a renderer needs, in this order. */
const KEPT = ['colr', 'mdcv', 'clli', 'SmDm', 'CoLL', 'pasp']

function rewriteVideo(bytes: Uint8Array, entry: Box): { codecs: string; sampleEntry: Uint8Array; width: number; height: number } {
  const known = VIDEO[entry.type]
  if (known === undefined) throw new MediaError('unsupported', `video of type '${entry.type}'`)
  const { width, height } = readBody(bytes, entry, readVisualSampleEntry)
  const config = bodyOf(bytes, needBox(bytes, entry, known.config))
  const kept = KEPT.flatMap((type) => {
    const found = findBox(bytes, entry, type)
    return found === null ? [] : [bytes.subarray(found.start, found.end)]
  })
  const clean = known.clean?.(config) ?? config
  return {
    codecs: known.codec(config),
    width,
    height,
    sampleEntry: writeVisualSampleEntry(known.entry, width, height, [box(known.config, clean), ...kept]),
  }
}

function rewriteAudio(
  bytes: Uint8Array,
  entry: Box,
): { codecs: string; sampleEntry: Uint8Array; audio: { channels: number; sampleRateHz: number } } {
  const audio = readBody(bytes, entry, readAudioSampleEntry)
  const written = (codecs: string, config: Uint8Array) => ({
    codecs,
    audio,
    sampleEntry: writeAudioSampleEntry(entry.type, audio.channels, audio.sampleRateHz, [config]),
  })
  if (entry.type === 'mp4a') {
    const esds = readEsds(bodyOf(bytes, needBox(bytes, entry, 'esds')))
    return written(aacCodec(esds), box('esds', writeEsds(esds)))
  }
  // "Encapsulation of Opus in ISO Base Media File Format" 4.3: the configuration is needed, its content says nothing to RFC 6381
  if (entry.type === 'Opus') return written('opus', box('dOps', bodyOf(bytes, needBox(bytes, entry, 'dOps'))))
  throw new MediaError('unsupported', `audio of type '${entry.type}'`)
}

function bodyOf(bytes: Uint8Array, { body, end }: Box): Uint8Array {
  return bytes.subarray(body, end)
}
