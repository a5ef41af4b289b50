import { expect, it } from 'vitest'
import { concat } from '../bytes/write-bytes.ts'
import { element, text, uint } from '../../tests/support/write-ebml.ts'
import { legacyAacConfig } from './codec-string.ts'
import { readHeader } from './header.ts'
import { Master } from './master.ts'
import { type MatroskaTrack, readTrack, tickScale } from './tracks.ts'
import { printVp9, readVp9Features, readVp9Frame, vp9Level } from './vp9.ts'

const MILLISECONDS = tickScale(1_000_000)

function track(type: number, codecId: string, ...more: Uint8Array[]): MatroskaTrack {
  return readTrack(new Master(concat([uint(0xd7, 3), uint(0x83, type), text(0x86, codecId), ...more])), MILLISECONDS, new Uint8Array())!
}

const float = (id: number, value: number): Uint8Array => {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value)
  return element(id, bytes)
}
const video = (...more: Uint8Array[]): Uint8Array => element(0xe0, uint(0xb0, 720), uint(0xba, 576), ...more)

it('codec strings', () => {
  const config = (...bytes: number[]): Uint8Array => element(0x63a2, Uint8Array.from(bytes))
  expect(track(1, 'V_MPEG4/ISO/AVC', config(1, 0x64, 0, 0x1f)).track.codec).toBe('avc1.64001f')
  expect(track(1, 'V_MPEG4/ISO/AVC').track.codec).toBeNull()
  expect(track(1, 'V_MPEG4/ISO/AVC', config(1)).track.codec).toBeNull()
  expect(track(1, 'V_AV1', config(0x81, 0x04, 0x0c, 0)).track.codec).toBe('av01.0.04M.08')
  expect(track(1, 'V_VP8').track.codec).toBe('vp8')
  expect(track(1, 'V_VP9', config(1, 1, 2, 2, 1, 31, 3, 1, 10, 4, 1, 1)).track.codec).toBe('vp09.02.31.10')
  expect(track(1, 'V_VP9')).toMatchObject({ needsFirstFrame: true, track: { codec: 'vp9' } })
  expect(track(2, 'A_AAC', config(0x12, 0x10)).track.codec).toBe('mp4a.40.2')
  expect(track(2, 'A_OPUS').track).toMatchObject({ codec: 'opus', audio: { sampleRateHz: 48_000 } })
  expect(track(2, 'A_EAC3').track.codec).toBe('ec-3')
  expect(track(2, 'A_PCM/INT/LIT').track.codec).toBeNull()
  expect(track(17, 'S_TEXT/UTF8').track).toMatchObject({ kind: 'text', codec: null })
})

it('AAC of old has its profile in its name', () => {
  expect(legacyAacConfig('A_AAC/MPEG4/LC', 44_100, 88_200, 2)).toEqual(Uint8Array.of(0x12, 0x10))
  expect(legacyAacConfig('A_AAC/MPEG4/LC/SBR', 24_000, 48_000, 2)).toEqual(Uint8Array.of(0x13, 0x10, 0x56, 0xe5, 0x98))
  expect(legacyAacConfig('A_AAC', 44_100, 88_200, 2)).toBeNull()
  const old = track(2, 'A_AAC/MPEG2/LC', element(0xe1, float(0xb5, 44_100), uint(0x9f, 2))).track
  expect(old).toMatchObject({ codec: 'mp4a.40.2', audio: { channels: 2, sampleRateHz: 44_100 } })
})

it('VP9 from its features or its first frame', () => {
  expect(readVp9Features(new Uint8Array())).toBeNull()
  // frame_marker, profile 0, key frame shown; sync code; BT.601, limited
  expect(readVp9Frame(Uint8Array.of(0x82, 0x49, 0x83, 0x42, 0x20, 0))).toMatchObject({ profile: 0, bitDepth: 8, chromaSubsampling: 1 })
  // profile 2 (0b10 0 1 0 0 1 0): ten_or_twelve_bit = 0
  expect(readVp9Frame(Uint8Array.of(0x92, 0x49, 0x83, 0x42, 0x20, 0))).toMatchObject({ profile: 2, bitDepth: 10 })
  // profile 1, 4:4:4
  expect(readVp9Frame(Uint8Array.of(0xa2, 0x49, 0x83, 0x42, 0x20, 0))).toMatchObject({ profile: 1, chromaSubsampling: 3 })
  // no keyframe
  expect(readVp9Frame(Uint8Array.of(0x86, 0x49, 0x83, 0x42, 0x20, 0))).toBeNull()
  expect(vp9Level(1280 * 720, 30)).toBe(31)
  expect(vp9Level(1920 * 1080, 60)).toBe(41)
  expect(vp9Level(1e9, 60)).toBe(62)
  expect(printVp9({ profile: 1, level: null, bitDepth: 8, chromaSubsampling: 3 }, 31)).toBe('vp09.01.31.08.03.02.02.02.00')
})

it('the picture as it is shown', () => {
  expect(track(1, 'V_X', video()).track.video).toMatchObject({ width: 720, height: 576, displayWidth: 720, displayHeight: 576 })
  expect(track(1, 'V_X', video(uint(0x54b0, 1024), uint(0x54ba, 576))).track.video).toMatchObject({
    displayWidth: 1024,
    displayHeight: 576,
  })
  expect(track(1, 'V_X', video(uint(0x54b0, 16), uint(0x54ba, 9), uint(0x54b2, 3))).track.video).toMatchObject({ displayWidth: 1024 })
  const cropped = video(uint(0x54cc, 8), uint(0x54dd, 12), uint(0x54bb, 4), uint(0x54aa, 2))
  expect(track(1, 'V_X', cropped).track.video).toMatchObject({ width: 720, displayWidth: 700, displayHeight: 570 })
  const turned = (roll: number): number | undefined => track(1, 'V_X', video(element(0x7670, float(0x7675, roll)))).track.video?.rotation
  expect([0, 90, 180, -90, 270, 89.9].map(turned)).toEqual([0, 270, 180, 90, 90, 270])
  const colour = element(0x55b0, uint(0x55b1, 9), uint(0x55ba, 16), uint(0x55bb, 9), uint(0x55b9, 2))
  expect(track(1, 'V_X', video(colour)).track.video?.colour).toEqual({ primaries: 9, transfer: 16, matrix: 9, fullRange: true })
})

it('CodecDelay is an edit, languages are told', () => {
  expect(track(2, 'A_OPUS', uint(0x56aa, 6_500_000)).track.edits).toEqual([{ durationSeconds: null, mediaTicks: 7, rate: 1 }])
  expect(track(2, 'A_X', text(0x22b59c, 'und')).track.language).toBeNull()
  expect(track(2, 'A_X', text(0x22b59c, 'ger'), text(0x22b59d, 'de-CH')).track.language).toBe('de-CH')
  expect(track(2, 'A_X', uint(0x88, 0)).track.default).toBe(false)
})

it('encryption and compression are told', () => {
  const encodings = (...content: Uint8Array[]): Uint8Array => element(0x6d80, element(0x6240, ...content))
  const key = Uint8Array.from({ length: 16 }, (_, at) => at)
  const encrypted = encodings(uint(0x5033, 1), element(0x5035, uint(0x47e1, 5), element(0x47e2, key)))
  expect(track(1, 'V_VP9', encrypted)).toMatchObject({
    needsFirstFrame: false,
    track: { encryption: { scheme: 'aes', defaultKeyId: '000102030405060708090a0b0c0d0e0f' } },
  })
  const stripped = encodings(element(0x5034, uint(0x4254, 3), element(0x4255, Uint8Array.of(0, 0, 1))))
  expect(track(1, 'V_X', stripped).track).toMatchObject({
    encryption: null,
    compression: { algorithm: 'header-stripping', prefix: Uint8Array.of(0, 0, 1) },
  })
  expect(track(1, 'V_X', encodings(element(0x5034))).track.compression).toMatchObject({ algorithm: 'zlib' })
  const config = encodings(uint(0x5032, 2), element(0x5034, uint(0x4254, 3), element(0x4255, Uint8Array.of(1, 0x64))))
  expect(track(1, 'V_MPEG4/ISO/AVC', config, element(0x63a2, Uint8Array.of(0, 0x1f))).track).toMatchObject({
    codec: 'avc1.64001f',
    compression: null,
  })
})

it('a header of a thousand tracks with one number has one track', () => {
  const entries = Array.from({ length: 1000 }, () => element(0xae, uint(0xd7, 1), uint(0x83, 1)))
  expect(readHeader('webm', { tracks: concat(entries) }, new Map()).tracks).toHaveLength(1)
})
