/** The readers on what the writers write, and on headers that lie. */
import { describe, expect, test } from 'vitest'
import { MediaError } from '../errors.ts'
import { writeFragment } from '../packaging/write-fragment.ts'
import { readMfhd, readTfdt, readTfhd, readTrun, SAMPLE } from './fragment-boxes.ts'
import { writeInit, writeVisualSampleEntry } from './init-boxes.ts'
import { readElst, readFtyp, readHdlr, readMdhd, readMvhd, readTkhd, readTrex, readVisualSampleEntry } from './movie-boxes.ts'
import { type Box, findBox, needBox, readBody, readBoxes, readBoxHeader } from './read-box.ts'
import { concat, fourcc, u16, u32, u64, u8, zeros } from '../bytes/write-bytes.ts'
import { box, fullBox } from './write-box.ts'

function only(boxes: Box[], type: string): Box {
  const found = boxes.find((one) => one.type === type)
  if (found === undefined) throw new Error(`no ${type}`)
  return found
}

test('an initialization segment is read as it was written', () => {
  const sampleEntry = writeVisualSampleEntry('avc1', 640, 360, [box('avcC', u8(1, 100, 0, 31))])
  const bytes = writeInit({ kind: 'video', timescale: 30000, mediaTime: 2002, width: 640 * 65536, height: 360 * 65536, sampleEntry })
  const boxes = readBoxes(bytes)
  const moov = only(boxes, 'moov')
  const trak = needBox(bytes, moov, 'trak')
  expect(readBody(bytes, only(boxes, 'ftyp'), readFtyp)).toEqual({
    majorBrand: 'cmfc',
    minorVersion: 0,
    compatibleBrands: ['iso6', 'cmfc', 'mp41'],
  })
  expect(readBody(bytes, needBox(bytes, moov, 'mvhd'), readMvhd)).toMatchObject({ timescale: 1000, durationTicks: 0 })
  expect(readBody(bytes, needBox(bytes, trak, 'tkhd'), readTkhd)).toMatchObject({
    trackId: 1,
    enabled: true,
    width: 640 * 65536,
    height: 360 * 65536,
  })
  expect(readBody(bytes, needBox(bytes, trak, 'edts', 'elst'), readElst)).toEqual([{ segmentDuration: 0, mediaTime: 2002, rate: 1 }])
  expect(readBody(bytes, needBox(bytes, trak, 'mdia', 'mdhd'), readMdhd)).toEqual({ timescale: 30000, durationTicks: 0, language: 0x55c4 })
  expect(readBody(bytes, needBox(bytes, trak, 'mdia', 'hdlr'), readHdlr)).toEqual({ handlerType: 'vide', name: '' })
  const entry = needBox(bytes, trak, 'mdia', 'minf', 'stbl', 'stsd', 'avc1')
  expect(readBody(bytes, entry, readVisualSampleEntry)).toEqual({ width: 640, height: 360 })
  expect(findBox(bytes, entry, 'avcC')).not.toBeNull()
  expect(readBody(bytes, needBox(bytes, moov, 'mvex', 'trex'), readTrex)).toMatchObject({ trackId: 1, defaultSampleFlags: 0 })
})

test('a GOP is read as it was written: a chunk with the keyframe, one with the rest; 64-bit time, signed offsets, flags', () => {
  const samples = [
    { data: u8(1, 2, 3), durationTicks: 10, compositionOffsetTicks: 20, flags: SAMPLE.sync },
    { data: u8(4), durationTicks: 10, compositionOffsetTicks: -5, flags: SAMPLE.nonSync },
    { data: u8(5, 6), durationTicks: 11, compositionOffsetTicks: 0, flags: SAMPLE.nonSync | 0x00800000 },
  ]
  const decodeTicks = 2 ** 33
  const { bytes, ...facts } = writeFragment(samples, { sequence: 7, decodeTicks, delayTicks: 20 })
  expect(facts).toEqual({
    decodeTicks,
    startTicks: decodeTicks - 15,
    durationTicks: 31,
    sampleCount: 3,
    keyframeEnd: readBoxes(bytes)[1]?.end,
    keyframe: true,
  })
  const chunks = readBoxes(bytes)
  expect(chunks.map(({ type }) => type)).toEqual(['moof', 'mdat', 'moof', 'mdat'])
  const read = chunks
    .filter(({ type }) => type === 'moof')
    .map((moof) => {
      const traf = needBox(bytes, moof, 'traf')
      expect(readBody(bytes, needBox(bytes, traf, 'tfhd'), readTfhd)).toMatchObject({ trackId: 1, baseDataOffset: null })
      const defaults = readBody(bytes, needBox(bytes, traf, 'tfhd'), readTfhd)
      const trun = readBody(bytes, needBox(bytes, traf, 'trun'), (reader) => readTrun(reader, 2))
      expect(trun.dataOffset).toBe(moof.end - moof.start + 8)
      return {
        ...readBody(bytes, needBox(bytes, moof, 'mfhd'), readMfhd),
        ...readBody(bytes, needBox(bytes, traf, 'tfdt'), readTfdt),
        samples: trun.samples.map(({ duration, size, flags, compositionOffset }) => [
          duration ?? defaults.defaultSampleDuration,
          size,
          flags ?? defaults.defaultSampleFlags,
          compositionOffset,
        ]),
      }
    })
  expect(read).toEqual([
    { sequenceNumber: 7, baseMediaDecodeTime: decodeTicks, samples: [[10, 3, SAMPLE.sync, 20]] },
    {
      sequenceNumber: 8,
      baseMediaDecodeTime: decodeTicks + 10,
      samples: [
        [10, 1, SAMPLE.nonSync, -5],
        [11, 2, SAMPLE.nonSync | 0x00800000, 0],
      ],
    },
  ])
  const [, , rest] = chunks
  if (rest === undefined) throw new Error('no second chunk')
  expect(() => readBody(bytes, needBox(bytes, rest, 'traf', 'trun'), (reader) => readTrun(reader, 1))).toThrow(MediaError)
})

describe('headers', () => {
  test('32 and 64-bit sizes, to the end, with a uuid', () => {
    const bytes = concat([box('free', zeros(3)), u32(1), fourcc('mdat'), u64(18), u8(1, 2), u32(0), fourcc('uuid'), zeros(16), u8(9)])
    expect(readBoxes(bytes)).toEqual([
      { type: 'free', start: 0, body: 8, end: 11 },
      { type: 'mdat', start: 11, body: 27, end: 29 },
      { type: 'uuid', start: 29, body: 53, end: 54 },
    ])
  })

  test('too few bytes to tell is null, not an error: more may come', () => {
    const large = concat([u32(1), fourcc('mdat'), u64(100)])
    for (let length = 0; length < large.length; length += 1) expect(readBoxHeader(large.subarray(0, length), 0)).toBeNull()
    expect(readBoxHeader(large, 0)).toEqual({ type: 'mdat', headerBytes: 16, sizeBytes: 100 })
  })

  test.each([
    ['less than its header', concat([u32(7), fourcc('free')])],
    ['64 bits, less than its header', concat([u32(1), fourcc('free'), u64(15)])],
    ['64 bits, beyond any file', concat([u32(1), fourcc('free'), u32(0xffffffff, 0xffffffff)])],
    ['over the end', concat([u32(9), fourcc('free')])],
    ['rest of seven bytes', zeros(7)],
  ])('a size that lies: %s', (_name, bytes) => {
    expect(() => readBoxes(bytes)).toThrow(MediaError)
  })

  test('a child may not reach out of its parent', () => {
    const bytes = box('moov', u32(100), fourcc('trak'))
    expect(() => findBox(bytes, only(readBoxes(bytes), 'moov'), 'trak')).toThrow(/its parent/)
  })

  test('a ftyp as long as its file has no more brands than any file', () => {
    const ftyp = box('ftyp', zeros(100_000))
    expect(readBody(ftyp, only(readBoxes(ftyp), 'ftyp'), readFtyp).compatibleBrands.length).toBe(256)
  })

  test('counts are checked before anything is made of them', () => {
    const elst = fullBox('elst', 0, 0, u32(0x7fffffff), u32(0, 0), u16(1, 0))
    expect(() => readBody(elst, only(readBoxes(elst), 'elst'), readElst)).toThrow(/no room/)
    const mdhd = fullBox('mdhd', 0, 0, u32(0, 0, 0, 0))
    expect(() => readBody(mdhd, only(readBoxes(mdhd), 'mdhd'), readMdhd)).toThrow(/timescale/)
  })
})
