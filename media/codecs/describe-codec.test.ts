/** Codecs in words: by configurations that FFmpeg writes, against ffprobe's profile and channels; by strings; and of damaged ones. */
import { execa } from 'execa'
import fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { clip } from '../../tests/support/clips.ts'
import { MediaError } from '../errors.ts'
import { readAacConfig } from './aac-config.ts'
import { describeCodec } from './describe-codec.ts'
import { readAc3Config, readEac3Config } from './dolby-audio.ts'

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(' ', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** The body of the first box of a type, wherever it is. */
async function bodyOf(file: string, type: string, nth = 0): Promise<Uint8Array> {
  const all = await readFile(file)
  let at = all.indexOf(type)
  for (let left = nth; left > 0; left -= 1) at = all.indexOf(type, at + 4)
  return all.subarray(at + 4, at - 4 + all.readUInt32BE(at - 4))
}

async function profileOf(file: string): Promise<{ profile: string; level: number }> {
  const { stdout } = await execa('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', file])
  const [stream] = (JSON.parse(stdout) as { streams: { profile: string; level: number }[] }).streams
  if (stream === undefined) throw new Error('no stream')
  return stream
}

const VIDEO = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25', '-frames:v', '3']
const SOUND = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', '0.5']
const X264 = [...VIDEO, '-c:v', 'libx264', '-preset', 'ultrafast']
const X265 = [...VIDEO, '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none', '-tag:v', 'hvc1']
const VP9 = [...VIDEO, '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8']

describe.each([
  ['avc1', 'avcC', [...X264, '-profile:v', 'baseline', '-pix_fmt', 'yuv420p'], 'H.264 Constrained Baseline, level 1.3'],
  ['avc1', 'avcC', [...X264, '-preset', 'veryfast', '-level', '4.0', '-pix_fmt', 'yuv420p'], 'H.264 High, level 4.0'],
  ['avc1', 'avcC', [...X264, '-pix_fmt', 'yuv420p10le', '-level', '3'], 'H.264 High 10, level 3.0, 10-bit'],
  ['avc1', 'avcC', [...X264, '-pix_fmt', 'yuv422p', '-level', '3'], 'H.264 High 4:2:2, level 3.0, 4:2:2'],
  ['avc1', 'avcC', [...X264, '-pix_fmt', 'yuv444p', '-level', '3'], 'H.264 High 4:4:4 Predictive, level 3.0, 4:4:4'],
  ['hvc1', 'hvcC', [...X265, '-pix_fmt', 'yuv420p'], 'HEVC Main, level 2.0'],
  ['hvc1', 'hvcC', [...X265, '-pix_fmt', 'yuv420p10le'], 'HEVC Main 10, level 2.0'],
  ['vp09', 'vpcC', [...VP9, '-pix_fmt', 'yuv420p'], 'VP9 profile 0, level 2.0'],
  ['vp09', 'vpcC', [...VP9, '-pix_fmt', 'yuv444p'], 'VP9 profile 1, level 2.0, 4:4:4'],
  ['av01', 'av1C', [...VIDEO, '-c:v', 'libsvtav1', '-preset', '12', '-pix_fmt', 'yuv420p10le'], 'AV1 Main, level 2.0, 10-bit'],
])('%s: %s', (codecId, box, args, text) => {
  test(`${args.slice(6).join(' ')} is ${text}`, async () => {
    const file = await clip('mp4', args)
    const described = describeCodec({ codecId, codec: null, config: await bodyOf(file, box) })
    expect(described.text).toBe(text)
    const { profile, level } = await profileOf(file)
    expect(described.profile?.toLowerCase()).toBe(profile.toLowerCase())
    if (box === 'avcC') expect(described.level).toBe((level / 10).toFixed(1))
    if (box === 'hvcC') expect(described.level).toBe((level / 30).toFixed(1))
  })
})

test('range extensions of HEVC have names of their own', async () => {
  const config = await bodyOf(await clip('mp4', [...X265, '-pix_fmt', 'yuv422p10le']), 'hvcC')
  expect(describeCodec({ codecId: 'hvc1', codec: null, config }).text).toBe('HEVC Main 4:2:2 10, level 2.0')
})

test.each([
  ['mp4a', 'esds', [...SOUND, '-ac', '6', '-c:a', 'aac'], 'AAC LC, 5.1, 48 kHz'],
  ['mp4a', 'esds', [...SOUND, '-c:a', 'libmp3lame'], 'MP3'],
  ['Opus', 'dOps', [...SOUND, '-ac', '2', '-c:a', 'libopus'], 'Opus, stereo'],
  ['fLaC', 'dfLa', [...SOUND, '-c:a', 'flac', '-strict', '-2'], 'FLAC, mono, 48 kHz, 16-bit'],
  ['ac-3', 'dac3', [...SOUND, '-ac', '6', '-c:a', 'ac3', '-b:a', '384k'], 'AC-3, 5.1, 48 kHz, 384 kb/s'],
  ['ec-3', 'dec3', [...SOUND, '-ac', '2', '-c:a', 'eac3', '-b:a', '192k'], 'E-AC-3, stereo, 48 kHz, 192 kb/s'],
  ['mp4v', 'esds', [...VIDEO, '-c:v', 'mpeg4'], 'MPEG-4 Part 2 Simple, level 1'],
  ['mp4v', 'esds', [...VIDEO, '-c:v', 'mpeg2video'], 'MPEG-2 Main'],
])('%s: %s %j', async (codecId, box, args, text) => {
  const config = await bodyOf(await clip('mp4', args), box)
  expect(describeCodec({ codecId, codec: null, config }).text).toBe(text)
})

test('ALAC says its depth', async () => {
  const config = await bodyOf(await clip('m4a', [...SOUND, '-c:a', 'alac', '-sample_fmt', 's16p']), 'alac', 1)
  expect(describeCodec({ codecId: 'alac', codec: null, config }).text).toBe('ALAC, mono, 48 kHz, 16-bit')
})

test('of Matroska', () => {
  expect(describeCodec({ codecId: 'A_AAC', codec: 'mp4a.40.2', config: bytes('1190') }).text).toBe('AAC LC, stereo, 48 kHz')
  expect(describeCodec({ codecId: 'A_OPUS', codec: 'opus', config: bytes('4f70757348656164 01 02 3801 80bb0000 0000 00') }).text).toBe(
    'Opus, stereo',
  )
  expect(describeCodec({ codecId: 'A_PCM/INT/LIT', codec: null, config: bytes('') }).text).toBe('PCM little-endian')
  expect(describeCodec({ codecId: 'V_PRORES', codec: null, config: bytes('') }).text).toBe('ProRes')
  const vorbis = bytes(`02 1e 05 01766f72626973 00000000 02 44ac0000 ${'00'.repeat(60)}`)
  expect(describeCodec({ codecId: 'A_VORBIS', codec: 'vorbis', config: vorbis }).text).toBe('Vorbis, stereo, 44.1 kHz')
})

test.each([
  ['avc1.640028', 'H.264 High, level 4.0'],
  ['avc1.42e01e', 'H.264 Constrained Baseline, level 3.0'],
  ['avc1.42f00b', 'H.264 Constrained Baseline, level 1b'],
  ['hvc1.2.4.L153.b0', 'HEVC Main 10, level 5.1'],
  ['hev1.1.6.H120.90', 'HEVC Main, level 4.0, high tier'],
  ['hvc1.4.10.L93.9d.08', 'HEVC Main 4:2:2 10, level 3.1'],
  ['vp09.02.51.10.01.09.16.09.00', 'VP9 profile 2, level 5.1, 10-bit'],
  ['vp9', 'VP9'],
  ['av01.0.08M.10', 'AV1 Main, level 4.0, 10-bit'],
  ['av01.1.13H.08', 'AV1 High, level 5.1, high tier'],
  ['mp4a.40.2', 'AAC LC'],
  ['mp4a.40.5', 'HE-AAC'],
  ['mp4a.40.29', 'HE-AAC v2'],
  ['mp4a.40.42', 'xHE-AAC'],
  ['mp4a.6b', 'MP3'],
  ['mp4v.20.9', 'MPEG-4 Part 2'],
  ['dvh1.08.06', 'Dolby Vision profile 8, level 6, single layer with a compatible base'],
  ['opus', 'Opus'],
  ['ec-3', 'E-AC-3'],
  ['apch', 'ProRes 422 HQ'],
  ['what', 'what'],
  ['', 'unknown'],
])('the string %s', (codec, text) => {
  expect(describeCodec(codec).text).toBe(text)
})

test('a damaged configuration falls back to the string', () => {
  expect(describeCodec({ codecId: 'avc1', codec: 'avc1.640028', config: bytes('0164') }).text).toBe('H.264 High, level 4.0')
  expect(describeCodec({ codecId: 'mp4a', codec: null, config: bytes('00') }).text).toBe('AAC')
})

test.each([
  [
    'LC',
    '1190',
    { objectType: 2, sampleRateHz: 48000, outputRateHz: 48000, channels: 2, sbr: null, parametricStereo: null, frameSamples: 1024 },
  ],
  [
    'HE-AAC, hierarchical',
    '2b8a0800',
    { objectType: 2, sampleRateHz: 22050, outputRateHz: 44100, channels: 1, sbr: true, parametricStereo: null },
  ],
  ['HE-AAC v2, hierarchical', 'eb8a0800', { objectType: 2, channels: 1, sbr: true, parametricStereo: true, outputRateHz: 44100 }],
  ['HE-AAC, backward compatible', '139056e5a0', { objectType: 2, sampleRateHz: 22050, channels: 2, sbr: true, outputRateHz: 44100 }],
  ['HE-AAC v2, backward compatible', '138856e5a54880', { objectType: 2, channels: 1, sbr: true, parametricStereo: true }],
  ['SBR said not to be there', '119056e500', { sbr: false, outputRateHz: 48000 }],
  ['a rate written out', '17802ee010', { sampleRateHz: 24000 }],
  ['7.1', '11b8', { channels: 8, channelConfiguration: 7 }],
])('AudioSpecificConfig: %s', (_name, hex, expected) => {
  expect(readAacConfig(bytes(hex))).toMatchObject(expected)
})

test('a program_config_element tells the channels', async () => {
  // FFmpeg writes one for layouts that have no channelConfiguration
  const config = await bodyOf(await clip('mp4', [...SOUND, '-af', 'pan=4.0|c0=c0|c1=c0|c2=c0|c3=c0', '-c:a', 'aac']), 'esds')
  expect(describeCodec({ codecId: 'mp4a', codec: null, config }).details).toContain('4 channels')
  const quad = await bodyOf(await clip('mp4', [...SOUND, '-af', 'pan=quad|c0=c0|c1=c0|c2=c0|c3=c0', '-c:a', 'aac']), 'esds')
  expect(describeCodec({ codecId: 'mp4a', codec: null, config: quad }).details).toContain('4 channels')
})

test('Atmos and dependent substreams', () => {
  // 768 kb/s, one independent substream, 3/2 and LFE, one dependent one with Lrs/Rrs; then the extension of type A
  const dec3 = bytes('1800 20 0f 02 02 01 10')
  expect(readEac3Config(dec3)).toMatchObject({ dataRateKbps: 768, streams: [{ bitstreamId: 16, channels: 8 }], atmos: true })
  expect(describeCodec({ codecId: 'ec-3', codec: 'ec-3', config: dec3 }).text).toBe('E-AC-3 with Dolby Atmos, 7.1, 48 kHz, 768 kb/s')
  expect(readAc3Config(bytes('10 3d e0'))).toMatchObject({ sampleRateHz: 48000, bitstreamId: 8, channels: 6, bitRateKbps: 448 })
})

test('any bytes give words or nothing, and parsers a MediaError at most', () => {
  const ids = [
    'avc1',
    'hvc1',
    'vp09',
    'av01',
    'mp4v',
    'mp4a',
    'A_AAC',
    'ac-3',
    'ec-3',
    'Opus',
    'fLaC',
    'alac',
    'A_VORBIS',
    'V_VP9',
    'unknown',
  ]
  fc.assert(
    fc.property(fc.constantFrom(...ids), fc.uint8Array({ maxLength: 80 }), (codecId, config) => {
      expect(describeCodec({ codecId, codec: null, config }).text.length).toBeGreaterThan(0)
      for (const read of [readAacConfig, readAc3Config, readEac3Config]) {
        try {
          read(config)
        } catch (error) {
          expect(error).toBeInstanceOf(MediaError)
        }
      }
    }),
    { numRuns: 3000 },
  )
})
