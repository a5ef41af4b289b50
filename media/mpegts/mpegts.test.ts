/** Packets, PES headers, sections and stream types: the core that the analyser and the transmuxer stand on. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { join, packet, pat, pes, pmt, section, sectionPacket, timestamp, withCrc } from '../../tests/support/ts-packets.ts'
import { findPackets, readPacketHeader } from './packets.ts'
import { PTS_WRAP, readPesHeader, unwrap } from './pes.ts'
import { crc32, readPat, readPmt, SectionAssembler } from './sections.ts'
import { streamCodec } from './stream-types.ts'

const some = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => packet({ pid: 256, continuity: index, payload: new Uint8Array(184) }))

describe('findPackets', () => {
  it('tells 188, 192 and 204 bytes apart, behind garbage too', () => {
    const spaced = (before: number, behind: number): Uint8Array =>
      join(some(8).flatMap((bytes) => [new Uint8Array(before), bytes, new Uint8Array(behind)]))
    expect(findPackets(spaced(0, 0))).toEqual({ strideBytes: 188, firstSync: 0 })
    expect(findPackets(spaced(4, 0))).toEqual({ strideBytes: 192, firstSync: 4 })
    expect(findPackets(spaced(0, 16))).toEqual({ strideBytes: 204, firstSync: 0 })
    expect(findPackets(join([Uint8Array.of(0x47, 0x47, 9), spaced(0, 0)]))).toEqual({ strideBytes: 188, firstSync: 3 })
  })

  it('believes few packets when all of them fit, and nothing less than one', () => {
    expect(findPackets(join(some(1)))).toEqual({ strideBytes: 188, firstSync: 0 })
    expect(findPackets(join(some(1)).subarray(0, 187))).toBeNull()
    expect(findPackets(new Uint8Array(1000))).toBeNull()
  })
})

describe('readPacketHeader', () => {
  it('reads flags, PID, counter and the place of the payload', () => {
    const bytes = packet({
      pid: 0x1abc,
      continuity: 11,
      unitStart: true,
      scrambling: 2,
      transportError: true,
      payload: new Uint8Array(100),
    })
    expect(readPacketHeader(bytes, 0)).toMatchObject({
      ...{ transportError: true, unitStart: true, pid: 0x1abc, scrambling: 2, continuity: 11, payload: 88, hasPayload: true },
    })
  })

  it('reads the clock, 33 bits and 9, and what else the adaptation field says', () => {
    const pcrBase = 2 ** 33 - 2
    const field = [
      0xd4,
      ...[25, 17, 9, 1].map((shift) => Math.floor(pcrBase / 2 ** shift) & 0xff),
      0x7e | (pcrBase & 1 ? 0x80 : 0) | 1,
      0x2b,
      0xfe,
    ]
    const header = readPacketHeader(packet({ pid: 1, continuity: 0, adaptation: field }), 0)
    expect(header.hasPayload).toBe(false)
    expect(header.adaptation).toEqual({ discontinuity: true, randomAccess: true, pcr: pcrBase * 300 + 0x12b, spliceCountdown: -2 })
  })

  it('stays inside the packet whatever the adaptation field claims', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 188, maxLength: 188 }), (bytes) => {
        const { payload } = readPacketHeader(bytes, 0)
        expect(payload).toBeGreaterThanOrEqual(4)
        expect(payload).toBeLessThanOrEqual(188)
      }),
    )
  })
})

describe('readPesHeader', () => {
  it('reads stamps of 33 bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: PTS_WRAP - 1 }), (pts) => {
        expect(readPesHeader(pes(0xe0, pts, Uint8Array.of(1, 2, 3)))).toMatchObject({
          streamId: 0xe0,
          pts,
          dts: null,
          headerBytes: 14,
          packetLength: 11,
        })
      }),
    )
    const both = Uint8Array.of(0, 0, 1, 0xe0, 0, 0, 0x84, 0xc0, 10, ...timestamp(0x30, 8_589_934_591), ...timestamp(0x10, 5))
    expect(readPesHeader(both)).toMatchObject({ pts: 8_589_934_591, dts: 5, headerBytes: 19, dataAlignment: true })
  })

  it('is null for what is none, or not whole', () => {
    const bytes = pes(0xc0, 1, new Uint8Array(4))
    expect(readPesHeader(bytes.subarray(0, 13))).toBeNull()
    expect(readPesHeader(Uint8Array.of(0, 0, 2, 0xe0, 0, 0, 0x80, 0, 0))).toBeNull()
    expect(readPesHeader(Uint8Array.of(0, 0, 1, 0xe0, 0, 0, 0x40, 0, 0))).toBeNull()
    expect(readPesHeader(Uint8Array.of(0, 0, 1, 0xbe, 0, 9))).toMatchObject({ headerBytes: 6, pts: null })
  })

  it('unwraps to the time nearest to a reference', () => {
    expect(unwrap(5, PTS_WRAP - 5)).toBe(PTS_WRAP + 5)
    expect(unwrap(PTS_WRAP - 5, 3 * PTS_WRAP + 2)).toBe(3 * PTS_WRAP - 5)
    expect(unwrap(7, 0)).toBe(7)
  })
})

describe('sections', () => {
  const table = pat([
    [1, 0x1000],
    [0, 0x10],
    [2, 0x1fff],
  ])

  it('are put together from any packets', () => {
    const long = section(
      0x02,
      1,
      Array.from({ length: 700 }, (_, index) => index & 0xff),
    )
    const payload = new Uint8Array(Math.ceil((1 + long.length + table.length) / 184) * 184).fill(0xff)
    payload[0] = 0
    payload.set(long, 1)
    payload.set(table, 1 + long.length)
    const assembler = new SectionAssembler()
    const found: Uint8Array[] = []
    for (let at = 0; at < payload.length; at += 184) found.push(...assembler.push(payload.subarray(at, at + 184), at === 0))
    expect(found).toEqual([long, table])
  })

  it('start where the pointer says, the one before ends there', () => {
    const assembler = new SectionAssembler()
    expect(assembler.push(Uint8Array.of(0, ...table.subarray(0, 9)), true)).toEqual([])
    expect(assembler.push(Uint8Array.of(table.length - 9, ...table.subarray(9), ...table), true)).toEqual([table, table])
  })

  it('that lost a packet, or whose beginning was not seen, are dropped', () => {
    const assembler = new SectionAssembler()
    expect(assembler.push(table, false)).toEqual([])
    assembler.push(Uint8Array.of(0, ...table.subarray(0, 9)), true)
    assembler.reset()
    expect(assembler.push(table.subarray(9), false)).toEqual([])
    expect(assembler.push(Uint8Array.of(0, ...table), true)).toEqual([table])
  })

  it('of any bytes come out bounded, and no reader throws anything but a MediaError', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.uint8Array({ maxLength: 184 }), fc.boolean()), { maxLength: 40 }), (payloads) => {
        const assembler = new SectionAssembler()
        for (const [payload, start] of payloads) {
          for (const bytes of assembler.push(payload, start)) {
            expect(bytes.length).toBeLessThanOrEqual(4096)
            for (const read of [readPat, readPmt]) {
              try {
                read(withCrc([bytes[0] === 2 ? 2 : 0, ...bytes.subarray(1)]))
              } catch (error) {
                expect((error as Error).name).toBe('MediaError')
              }
            }
          }
        }
      }),
    )
  })

  it('PAT: programs without the network, and whether it is current', () => {
    expect(readPat(table)).toEqual({
      ...{ transportStreamId: 1, version: 0, current: true },
      programs: [
        { program: 1, pmtPid: 0x1000 },
        { program: 2, pmtPid: 0x1fff },
      ],
    })
    const next = [...table.subarray(0, -4)]
    next[5] = 0xc0 | (7 << 1)
    expect(readPat(withCrc(next))).toMatchObject({ version: 7, current: false })
    expect(crc32(table)).toBe(0)
    expect(() => readPat(Uint8Array.from(table, (byte, index) => (index === 9 ? byte ^ 1 : byte)))).toThrow('CRC of the PAT')
  })

  it('PMT: streams with their descriptors', () => {
    const bytes = pmt(3, 0x101, [
      { streamType: 0x1b, pid: 0x101 },
      { streamType: 0x06, pid: 0x102, descriptors: [5, 4, 0x4f, 0x70, 0x75, 0x73, 0x0a, 4, 0x66, 0x72, 0x61, 0] },
    ])
    const read = readPmt(bytes)
    expect(read).toMatchObject({ program: 3, pcrPid: 0x101, version: 0, current: true })
    expect(read.streams.map((entry) => streamCodec(entry).codec)).toEqual(['h264', 'opus'])
    expect(() => readPmt(table)).toThrow('where a PMT was expected')
    expect(sectionPacket(0x1000, 0, bytes)).toHaveLength(188)
  })
})

describe('streamCodec', () => {
  const codecOf = (streamType: number, ...descriptors: { tag: number; data: number[] }[]): string =>
    streamCodec({ streamType, pid: 1, descriptors: descriptors.map(({ tag, data }) => ({ tag, data: Uint8Array.from(data) })) }).codec
  const letters = (text: string): number[] => [...new TextEncoder().encode(text)]

  it('takes the stream type, and for private data the descriptors', () => {
    expect(codecOf(0x24)).toBe('hevc')
    expect(codecOf(0x06)).toBe('private')
    expect(codecOf(0x06, { tag: 0x6a, data: [0] })).toBe('ac-3')
    expect(codecOf(0x06, { tag: 0x05, data: letters('EAC3') })).toBe('e-ac-3')
    expect(codecOf(0x99)).toBe('unknown')
  })

  it('reads the format in a metadata_descriptor, with and without an application format of its own', () => {
    // ID3 as HLS has it: metadata_application_format 0xFFFF and its identifier before metadata_format 0xFF and its
    expect(codecOf(0x06, { tag: 0x26, data: [0xff, 0xff, ...letters('ID3 '), 0xff, ...letters('ID3 '), 0, 0] })).toBe('id3')
    expect(codecOf(0x15, { tag: 0x26, data: [0xff, 0xff, ...letters('KLVA'), 0xff, ...letters('KLVA'), 0, 0] })).toBe('klv')
    expect(codecOf(0x15, { tag: 0x26, data: [0x01, 0x00, 0xff, ...letters('KLVA'), 0, 0] })).toBe('klv')
    expect(codecOf(0x15)).toBe('id3')
  })

  it('says what is encrypted by SAMPLE-AES', () => {
    for (const streamType of [0xdb, 0xcf, 0xc1, 0xc2]) expect(streamCodec({ streamType, pid: 1, descriptors: [] }).sampleAes).toBe(true)
    expect(streamCodec({ streamType: 0x1b, pid: 1, descriptors: [] }).sampleAes).toBeUndefined()
  })
})
