/** The initialization segment of a track as it was uploaded: the same codec configuration, in CMAF's clothes. */
import { aacCodec, readEsds, writeEsds } from '../codecs/aac.ts'
import { keepParameterSets } from '../codecs/hevc.ts'
import { ByteReader } from '../bytes/byte-reader.ts'
import { concat, u16, u32, u8 } from '../bytes/write-bytes.ts'
import type { AudioFacts, Track, VideoFacts } from '../container/model.ts'
import { MediaError } from '../errors.ts'
import { writeAudioSampleEntry, writeInit, writeVisualSampleEntry } from '../mp4/init-boxes.ts'
import { childrenOf, readBoxes } from '../mp4/read-box.ts'
import { box, fullBox } from '../mp4/write-box.ts'

/** `mediaTime`: media time of presentation time 0 in the segments. Throws `MediaError` 'unsupported' with the codec's name. */
export function writeSourceInit(track: Track, mediaTime: number): Uint8Array {
  const { timescale } = track
  if (track.video !== null) {
    const { displayWidth, displayHeight, rotation } = track.video
    const shown = { width: Math.round(displayWidth * 65536), height: Math.round(displayHeight * 65536), rotation }
    return writeInit({ kind: 'video', timescale, mediaTime, ...shown, sampleEntry: pictureEntry(track, track.video) })
  }
  if (track.audio === null) throw new MediaError('unsupported', `it is ${track.kind}`)
  return writeInit({ kind: 'audio', timescale, mediaTime, width: 0, height: 0, sampleEntry: soundEntry(track, track.audio) })
}

/** Colour, mastering display, content light, pixel aspect: what a renderer needs besides the codec's own box. */
const KEPT: ReadonlySet<string> = new Set(['colr', 'mdcv', 'clli', 'SmDm', 'CoLL', 'pasp'])

function pictureEntry(track: Track, { width, height, displayWidth }: VideoFacts): Uint8Array {
  const [family = ''] = (track.codec ?? '').split('.')
  const entry = (type: string, configType: string, config: Uint8Array): Uint8Array =>
    writeVisualSampleEntry(type, width, height, [box(configType, config), ...keptBoxes(track, displayWidth)])
  if (track.config.length === 0 && family !== 'vp09') throw unsupported(track)
  if (family === 'avc1' || family === 'avc3') return entry(family, 'avcC', track.config)
  if (family === 'hvc1' || family === 'hev1') return hevcEntry(track.config, entry)
  if (family === 'av01') return entry('av01', 'av1C', track.config)
  if (family === 'vp09') return entry('vp09', 'vpcC', track.sampleEntry === null ? vpcC(track) : track.config)
  throw unsupported(track)
}

/** `hvc1` where the parameter sets are all in the configuration, which Safari wants; `hev1` where they come in band. */
function hevcEntry(config: Uint8Array, entry: (type: string, configType: string, config: Uint8Array) => Uint8Array): Uint8Array {
  const arrays = config[22] ?? 0
  return arrays >= 3 ? entry('hvc1', 'hvcC', keepParameterSets(config)) : entry('hev1', 'hvcC', config)
}

function keptBoxes({ sampleEntry, video }: Track, displayWidth: number): Uint8Array[] {
  if (video === null) return []
  if (sampleEntry === null) return [...colr(video), ...pasp(video, displayWidth)]
  const [whole] = readBoxes(sampleEntry)
  if (whole === undefined) return []
  return childrenOf(sampleEntry, whole)
    .filter(({ type }) => KEPT.has(type))
    .map(({ start, end }) => sampleEntry.subarray(start, end))
}

/** ColourInformationBox, 12.1.5, of type 'nclx'. */
function colr({ colour }: VideoFacts): Uint8Array[] {
  if (colour === null) return []
  const { primaries, transfer, matrix, fullRange } = colour
  return [
    box(
      'colr',
      Uint8Array.from('nclx', (c) => c.charCodeAt(0)),
      u16(primaries, transfer, matrix),
      u8(fullRange ? 0x80 : 0),
    ),
  ]
}

/** PixelAspectRatioBox, 12.1.4. */
function pasp({ width, height, displayHeight }: VideoFacts, displayWidth: number): Uint8Array[] {
  const [horizontal, vertical] = [displayWidth * height, width * displayHeight]
  return horizontal === vertical ? [] : [box('pasp', u32(horizontal, vertical))]
}

/** VPCodecConfigurationRecord from the string `vp09.PP.LL.DD.CC.cp.tc.mc.FF` ("VP Codec ISO Media File Format Binding" 2.2). */
function vpcC({ codec, video }: Track): Uint8Array {
  const [profile = 0, level = 10, depth = 8, subsampling = 1] = (codec ?? '').split('.').slice(1).map(Number)
  const { primaries = 2, transfer = 2, matrix = 2, fullRange = false } = video?.colour ?? {}
  const packed = depth * 16 + subsampling * 2 + (fullRange ? 1 : 0)
  // FullBox(version = 1, 0); profile; level; bitDepth, chromaSubsampling, videoFullRangeFlag; colour; codecInitializationDataSize = 0
  return concat([u32(0x01000000), u8(profile, level, packed, primaries, transfer, matrix), u16(0)])
}

function soundEntry(track: Track, { channels, sampleRateHz }: AudioFacts): Uint8Array {
  // 16.16 cannot hold more than 65535 Hz; the codec's own configuration says it then.
  const entry = (type: string, config: Uint8Array): Uint8Array =>
    writeAudioSampleEntry(type, channels, sampleRateHz > 0xffff ? 0 : sampleRateHz, [config])
  const family = track.codec ?? ''
  if (family.startsWith('mp4a.40')) return entry('mp4a', esds(track))
  if (family === 'opus') return entry('Opus', box('dOps', track.sampleEntry === null ? dOps(track.config) : track.config))
  if (family === 'flac') return entry('fLaC', track.sampleEntry === null ? dfLa(track.config) : box('dfLa', track.config))
  // MP3 and Dolby: Chromium takes neither in MP4 (November 2026), and a film that plays without its sound is worse than one that waits.
  throw unsupported(track)
}

function esds(track: Track): Uint8Array {
  if (track.config.length === 0) throw unsupported(track)
  const read = track.sampleEntry === null ? { objectType: 0x40, config: track.config } : readEsds(track.config)
  // An object type that a browser will not know is better said now.
  aacCodec(read)
  return box('esds', writeEsds(read))
}

/** OpusHead (RFC 7845 5.1, little-endian) to OpusSpecificBox ("Encapsulation of Opus in ISO BMFF" 4.3.2, big-endian). */
function dOps(head: Uint8Array): Uint8Array {
  const reader = new ByteReader(head)
  // 'OpusHead', version
  reader.skip(9)
  const channels = reader.u8()
  const little = (bytes: number): Uint8Array => reader.take(bytes).toReversed()
  const [preSkip, sampleRate, gain] = [little(2), little(4), little(2)]
  return concat([u8(0, channels), preSkip, sampleRate, gain, reader.take(reader.remaining)])
}

/** CodecPrivate of FLAC ('fLaC' and metadata blocks) to FLACSpecificBox; only STREAMINFO, marked as the last block. */
function dfLa(config: Uint8Array): Uint8Array {
  const reader = new ByteReader(config)
  // 'fLaC', METADATA_BLOCK_HEADER (4), STREAMINFO (34)
  reader.skip(8)
  return fullBox('dfLa', 0, 0, u8(0x80, 0, 0, 34), reader.take(34))
}

function unsupported(track: Track): MediaError {
  return new MediaError('unsupported', `its ${track.kind} is ${track.codec ?? track.codecId}, which browsers do not play`)
}
