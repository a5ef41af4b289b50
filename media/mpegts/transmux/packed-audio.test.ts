/** Packed audio: heads of all kinds, times, and garbage. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MediaError } from '../../errors.ts'
import type { MediaFragment, TransmuxOutput } from './model.ts'
import { PackedAudioTransmuxer, readPackedHead } from './packed-audio.ts'

/** A silent frame of AAC-LC, 48 kHz, stereo, in ADTS. */
const FRAME = Uint8Array.of(0xff, 0xf1, 0x4c, 0x80, 0x01, 0xbf, 0xfc, 0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c)

function frames(count: number): Uint8Array {
  return Uint8Array.from(Array.from({ length: count }, () => [...FRAME]).flat())
}

/** An ID3v2.4 tag with the PRIV frame of HLS; another frame stands before it. */
function tag(pts: number): Uint8Array {
  const owner = [...new TextEncoder().encode('com.apple.streaming.transportStreamTimestamp'), 0]
  const time = [0, 0, 0, Math.floor(pts / 2 ** 32), ...[24, 16, 8, 0].map((shift) => (pts >>> shift) & 0xff)]
  const title = [...new TextEncoder().encode('TIT2'), 0, 0, 0, 4, 0, 0, 3, 0x63, 0x6f, 0x6d]
  const content = [...title, ...new TextEncoder().encode('PRIV'), 0, 0, 0, owner.length + 8, 0, 0, ...owner, ...time]
  return Uint8Array.of(0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, content.length, ...content)
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

function fragmentsOf(outputs: TransmuxOutput[]): MediaFragment[] {
  return outputs.filter((output) => output.type === 'fragment')
}

test('what a segment begins with', () => {
  expect(readPackedHead(joined(tag(123_456), frames(2)))).toEqual({ codec: 'aac', pts: 123_456, framesAt: tag(0).length })
  expect(readPackedHead(joined(tag(2 ** 32 + 7), frames(2)))?.pts).toBe(2 ** 32 + 7)
  expect(readPackedHead(frames(2))).toEqual({ codec: 'aac', pts: null, framesAt: 0 })
  expect(readPackedHead(Uint8Array.of(0xff, 0xfb, 0x90, 0))?.codec).toBe('mp3')
  expect(readPackedHead(Uint8Array.of(0x0b, 0x77, 0, 0))?.codec).toBe('dolby')
  expect(readPackedHead(Uint8Array.of(0x47, 0x40, 0, 0))).toBeNull()
  expect(readPackedHead(new Uint8Array())).toBeNull()
})

test('a segment lies where its tag says, and goes on where the next one does', () => {
  const transmuxer = new PackedAudioTransmuxer()
  const first = transmuxer.segment(joined(tag(900_000), frames(94)), 0)
  expect(first.filter((output) => output.type === 'init').map(({ codecs }) => codecs)).toEqual(['mp4a.40.2'])
  const [fragment] = fragmentsOf(first)
  expect(fragment?.startSeconds).toBeCloseTo(10, 4)
  const endTicks = 900_000 + Math.round((94 * 1024 * 90_000) / 48_000)
  const second = transmuxer.segment(joined(tag(endTicks), frames(94)), 0)
  expect(second.some((output) => output.type === 'init')).toBe(false)
  expect(fragmentsOf(second)[0]?.startSeconds).toBe(fragment?.endSeconds)
  expect(fragmentsOf([...first, ...second]).reduce((sum, { sampleCount }) => sum + sampleCount, 0)).toBe(188)
})

test('without a tag it begins where it is told; after a reset it begins anew', () => {
  const transmuxer = new PackedAudioTransmuxer()
  expect(fragmentsOf(transmuxer.segment(frames(10), 4))[0]?.startSeconds).toBeCloseTo(4, 3)
  transmuxer.reset()
  const again = transmuxer.segment(frames(10), 100)
  expect(again[0]?.type).toBe('init')
  expect(fragmentsOf(again)[0]?.startSeconds).toBeCloseTo(100, 3)
})

test('a clock of 33 bits goes on behind its end', () => {
  const transmuxer = new PackedAudioTransmuxer()
  const ticks = Math.round((94 * 1024 * 90_000) / 48_000)
  const [before] = fragmentsOf(transmuxer.segment(joined(tag(2 ** 33 - ticks), frames(94)), 0))
  const [behind] = fragmentsOf(transmuxer.segment(joined(tag(0), frames(94)), 0))
  expect(behind?.startSeconds).toBe(before?.endSeconds)
})

test('whatever the bytes are, a MediaError at most', () => {
  const head = fc.constantFrom(tag(5), frames(1), Uint8Array.of(0xff, 0xfb), Uint8Array.of(0x0b, 0x77), new Uint8Array())
  fc.assert(
    fc.property(head, fc.uint8Array({ maxLength: 400 }), (start, rest) => {
      try {
        new PackedAudioTransmuxer().segment(joined(start, rest), 0)
      } catch (error) {
        expect(error).toBeInstanceOf(MediaError)
      }
    }),
  )
})
