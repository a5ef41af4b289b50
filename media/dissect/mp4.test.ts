/** The tree of files that FFmpeg makes: every byte once, fields as ffprobe has them; and of files that are damaged. */
import { execa } from 'execa'
import fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { clip } from '../../tests/support/clips.ts'
import { memorySource } from '../bytes/source.ts'
import { concat, fourcc, u16, u32, u8, zeros } from '../bytes/write-bytes.ts'
import { box, fullBox } from '../mp4/write-box.ts'
import { dissect } from './dissect.ts'
import type { DissectNode, Dissector, Field, Problem } from './model.ts'
import { dissectMp4 } from './mp4.ts'

interface Seen {
  node: DissectNode
  fields: Field[]
  problems: Problem[]
  children: Seen[]
}

async function tree(dissector: Dissector, parent: DissectNode | null = null, budget = { nodes: 20_000 }): Promise<Seen[]> {
  const seen: Seen[] = []
  for await (const node of dissector.children(parent)) {
    budget.nodes -= 1
    if (budget.nodes < 0) break
    const { fields, problems } = await dissector.fields(node, 200)
    seen.push({ node, fields, problems: [...node.problems, ...problems], children: await tree(dissector, node, budget) })
  }
  return seen
}

function all(seen: Seen[]): Seen[] {
  return seen.flatMap((one) => [one, ...all(one.children)])
}

function at(seen: Seen[], path: string): Seen {
  const [type, ...rest] = path.split('/')
  const found = seen.find(({ node }) => node.type === type)
  if (found === undefined) throw new Error(`no ${type}`)
  return rest.length === 0 ? found : at(found.children, rest.join('/'))
}

function value({ fields }: { fields?: Field[] }, ...names: string[]): unknown {
  const [name, ...rest] = names
  const field = fields?.find((one) => one.name === name)
  if (field === undefined) throw new Error(`no ${name}`)
  return rest.length === 0 ? field.value : value(field, ...rest)
}

function words({ fields }: { fields?: Field[] }, name: string): string | undefined {
  return fields?.find((one) => one.name === name)?.text
}

function open(bytes: Uint8Array): Promise<Seen[]> {
  return tree(dissectMp4(memorySource(bytes)))
}

/** Nodes lie side by side from start to end; fields lie in their node. */
function expectCovered(seen: Seen[], start: number, end: number): void {
  let offset = start
  for (const { node, fields, children } of seen) {
    expect(node.offset).toBe(offset)
    offset += node.size
    for (const field of fields) expectInside(field, node.offset, node.offset + node.size)
    const [first] = children
    if (first !== undefined) expectCovered(children, first.node.offset, node.offset + node.size)
  }
  expect(offset).toBe(end)
}

function expectInside(field: Field, start: number, end: number): void {
  expect(field.offset).toBeGreaterThanOrEqual(start)
  expect(field.offset + field.length).toBeLessThanOrEqual(end)
  for (const inner of field.fields ?? []) expectInside(inner, field.offset, field.offset + field.length)
}

const VIDEO = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25']
const SOUND = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000']
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']
const BOTH = [...VIDEO, ...SOUND, '-t', '2']

const FILES: [name: string, extension: string, args: string[]][] = [
  ['H.264 and AAC', 'mp4', [...BOTH, ...X264, '-bf', '2', '-g', '10', '-c:a', 'aac']],
  ['moov first', 'mp4', [...BOTH, ...X264, '-c:a', 'aac', '-movflags', '+faststart']],
  ['fragmented', 'mp4', [...BOTH, ...X264, '-g', '10', '-c:a', 'aac', '-movflags', '+frag_keyframe+empty_moov+default_base_moof']],
  ['CMAF with sidx and prft', 'mp4', [...VIDEO, '-t', '2', ...X264, '-g', '10', '-write_prft', 'wallclock', '-movflags', '+cmaf+dash']],
  [
    'HEVC, HDR',
    'mp4',
    [...VIDEO, '-t', '1', '-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hvc1', '-pix_fmt', 'yuv420p10le', ...HDR()],
  ],
  ['VP9 and Opus', 'mp4', [...BOTH, '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus']],
  ['AV1 and FLAC', 'mp4', [...VIDEO, ...SOUND, '-t', '1', '-c:v', 'libsvtav1', '-preset', '12', '-c:a', 'flac', '-strict', '-2']],
  ['MPEG-4 Part 2 and AC-3', 'mp4', [...BOTH, '-c:v', 'mpeg4', '-c:a', 'ac3']],
  ['E-AC-3', 'mp4', [...SOUND, '-t', '1', '-c:a', 'eac3']],
  ['ALAC', 'm4a', [...SOUND, '-t', '1', '-c:a', 'alac', '-metadata', 'title=A title', '-metadata', 'artist=Someone']],
  ['MP3', 'mp4', [...SOUND, '-t', '1', '-c:a', 'libmp3lame']],
  ['encrypted', 'mp4', [...BOTH, ...X264, '-c:a', 'aac', ...cenc()]],
  ['QuickTime: ProRes, PCM, timecode', 'mov', [...BOTH, '-c:v', 'prores_ks', '-c:a', 'pcm_s16le', '-timecode', '01:00:00:00']],
  [
    'QuickTime: DNxHD',
    'mov',
    [
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=1280x720:rate=25',
      '-frames:v',
      '2',
      '-c:v',
      'dnxhd',
      '-profile:v',
      'dnxhr_sq',
      '-pix_fmt',
      'yuv422p',
    ],
  ],
  ['QuickTime: floating point, 6 channels', 'mov', [...SOUND, '-t', '1', '-ac', '6', '-c:a', 'pcm_f32le']],
  ['QuickTime: MJPEG and AAC', 'mov', [...BOTH, '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-c:a', 'aac']],
  ['QuickTime metadata', 'mov', [...BOTH, ...X264, '-c:a', 'aac', '-metadata', 'title=A title', '-movflags', 'use_metadata_tags']],
]

function HDR(): string[] {
  const master = 'master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400'
  return [
    '-x265-params',
    `log-level=none:${master}`,
    '-color_primaries',
    'bt2020',
    '-color_trc',
    'smpte2084',
    '-colorspace',
    'bt2020nc',
    '-movflags',
    'write_colr',
  ]
}

function cenc(): string[] {
  return [
    '-encryption_scheme',
    'cenc-aes-ctr',
    '-encryption_key',
    '00112233445566778899aabbccddeeff',
    '-encryption_kid',
    '0123456789abcdef0123456789abcdef',
  ]
}

interface Probed {
  streams: {
    width?: number
    height?: number
    time_base: string
    nb_frames?: string
    codec_tag_string: string
    duration_ts?: number
    index: number
  }[]
}

describe.each(FILES)('%s', (_name, extension, args) => {
  test('every byte once, nothing wrong, as ffprobe has it', async () => {
    const file = await clip(extension, args)
    const bytes = await readFile(file)
    const dissector = await dissect(memorySource(bytes))
    if (dissector === null) throw new Error('not recognized')
    const seen = await tree(dissector)
    expect(all(seen).flatMap(({ problems }) => problems)).toEqual([])
    expect(
      all(seen)
        .filter(({ node }) => node.name === '' && node.headerBytes > 0)
        .map(({ node }) => node.type),
    ).toEqual([])
    expectCovered(seen, 0, bytes.length)

    const { stdout } = await execa('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', file])
    const { streams } = JSON.parse(stdout) as Probed
    const tracks = at(seen, 'moov').children.filter(({ node }) => node.type === 'trak')
    expect(tracks).toHaveLength(streams.length)
    for (const [index, stream] of streams.entries()) {
      const track = tracks[index] ?? tracks[0]!
      expect(`1/${String(value(at(track.children, 'mdia/mdhd'), 'timescale'))}`).toBe(stream.time_base)
      const table = at(track.children, 'mdia/minf/stbl')
      const [entry] = at(table.children, 'stsd').children
      const frma = entry?.children.find(({ node }) => node.type === 'sinf')
      const format = frma === undefined ? entry?.node.type : value(at(frma.children, 'frma'), 'data_format')
      if (/^[\x20-\x7e]{4}$/.test(stream.codec_tag_string)) expect([format, entry?.node.type]).toContain(stream.codec_tag_string)
      if (stream.width !== undefined && entry !== undefined)
        expect([value(entry, 'width'), value(entry, 'height')]).toEqual([stream.width, stream.height])
      // A fragmented file counts its samples elsewhere; of PCM ffprobe counts none
      const counted = Number(value(at(table.children, 'stsz'), 'sample_count'))
      if (counted > 0 && stream.nb_frames !== undefined) expect(counted).toBe(Number(stream.nb_frames))
    }
  })
})

test('what fields say in words', async () => {
  const [, , args] = FILES[0]!
  const seen = await open(await readFile(await clip('mp4', args)))
  expect(words(at(seen, 'moov/mvhd'), 'duration')).toBe('0:02.000')
  const avcC = at(seen, 'moov/trak/mdia/minf/stbl/stsd/avc1/avcC')
  expect(words(avcC, 'AVCLevelIndication')).toMatch(/^level \d\.\d$/)
  expect(JSON.stringify(avcC.fields)).toContain('320x240, 4:2:0, 8-bit')
  const [, sound] = at(seen, 'moov').children.filter(({ node }) => node.type === 'trak')
  expect(JSON.stringify(at(sound!.children, 'mdia/minf/stbl/stsd/mp4a/esds').fields)).toContain('object type 2, 48 kHz, mono')
  expect(at(seen, 'moov/trak/mdia/hdlr').node.path).toEqual(['moov', 'trak', 'mdia'])

  const hdr = await open(await readFile(await clip('mp4', FILES[4]![2])))
  const entry = at(hdr, 'moov/trak/mdia/minf/stbl/stsd/hvc1')
  expect(words(at(entry.children, 'hvcC'), 'general_profile_idc')).toBe('Main 10')
  expect(words(at(entry.children, 'colr'), 'transfer_characteristics')).toBe('PQ')

  const encrypted = await open(await readFile(await clip('mp4', FILES[11]![2])))
  const scheme = at(encrypted, 'moov/trak/mdia/minf/stbl/stsd/encv/sinf')
  expect(value(at(scheme.children, 'schm'), 'scheme_type')).toBe('cenc')
  expect(value(at(scheme.children, 'schi/tenc'), 'default_KID')).toBe('0123456789abcdef0123456789abcdef')
  const senc = at(encrypted, 'moov/trak/mdia/minf/stbl/senc')
  expect(value(senc, 'sample_count')).toBe(50)
  expect(senc.fields.find(({ name }) => name === 'samples')?.fields).toHaveLength(50)

  const titled = await open(await readFile(await clip('m4a', FILES[9]![2])))
  expect(value(at(titled, 'moov/udta/meta/ilst/©nam/data'), 'value')).toBe('A title')
})

test('a table that is cut says how long it is, and where it lies', async () => {
  const stsz = fullBox('stsz', 0, 0, u32(0, 5000), ...Array.from({ length: 5000 }, (_, index) => u32(index)))
  const dissector = dissectMp4(memorySource(box('moov', box('trak', box('mdia', box('minf', box('stbl', stsz)))))))
  const [seen] = all(await tree(dissector)).slice(-1)
  const { fields, problems } = await dissector.fields(seen!.node, 10)
  const table = fields.at(-1)!
  expect([table.value, table.total, table.fields?.length, table.length]).toEqual([5000, 5000, 10, 20_000])
  expect(table.fields?.[3]).toEqual({ name: '[3]', value: 3, offset: table.offset + 12, length: 4 })
  expect(problems).toEqual([])
  const whole = await dissector.fields(seen!.node, 100_000)
  expect(whole.fields.at(-1)?.fields).toHaveLength(5000)
})

describe('damage is said, and where', () => {
  const told = async (bytes: Uint8Array): Promise<string[]> =>
    all(await open(bytes)).flatMap(({ problems }) => problems.map(({ what }) => what))
  const moov = (...children: Uint8Array[]): Uint8Array => box('moov', ...children)
  test.each<[string, Uint8Array, RegExp]>([
    [
      'a child over its parent',
      concat([u32(24), fourcc('moov'), u32(100), fourcc('trak'), zeros(8)]),
      /box 'trak' at 8 ends at 108, its parent 'moov' at 24/,
    ],
    [
      'over the end of the file',
      concat([moov(), u32(100), fourcc('mdat'), zeros(8)]),
      /box 'mdat' at 8 ends at 108, the file at 24: 84 bytes too far/,
    ],
    ['less than a header', moov(concat([u32(7), fourcc('trak'), zeros(20)])), /box 'trak' at 8 says it is 7 bytes long/],
    ['64 bits, less than a header', moov(concat([u32(1), fourcc('trak'), u32(0, 9), zeros(8)])), /says it is 9 bytes long/],
    ['64 bits, beyond any file', moov(concat([u32(1), fourcc('trak'), u32(0xffffffff, 0xffffffff)])), /bytes too far/],
    ['size 0 inside', moov(concat([u32(0), fourcc('trak'), zeros(4)])), /size 0/],
    ['rest of seven bytes', concat([moov(), zeros(7)]), /7 bytes at 8 are no box/],
    ['no moov', box('mdat', zeros(9)), /no 'moov'/],
    ['a count beyond its box', moov(fullBox('stco', 0, 0, u32(0x7fffffff, 1))), /'stco' counts 2147483647 entries, there is room for 1/],
    ['a timescale of 0', moov(fullBox('mdhd', 0, 0, u32(0, 0, 0, 0), u16(0x55c4, 0))), /timescale of 'mdhd' is 0/],
    ['a box that ends early', moov(box('tkhd', zeros(11))), /box 'tkhd' at 8: it ends in the middle of modification_time/],
    ['a chunk outside of the file', moov(fullBox('stco', 0, 0, u32(1, 0xffff))), /chunk 1 lies at 65535/],
    ['samples of no description', moov(fullBox('stsd', 0, 0, u32(0))), /no sample description/],
    ['no text for a type', concat([moov(), box('\u0001\u0002\u0003\u0004')]), /type of the box at 8 is no text/],
    [
      'a damaged parameter set',
      moov(box('avcC', u8(1, 100, 0, 31, 255, 225), u16(3), u8(0x67, 1, 2, 0))),
      /sequence parameter set is damaged/,
    ],
    ['a descriptor over its box', moov(fullBox('esds', 0, 0, u8(3, 99, 0, 0))), /a descriptor of 99 bytes, there is room for 2/],
  ])('%s', async (_name, bytes, what) => {
    expect((await told(bytes)).join('\n')).toMatch(what)
  })

  test('nesting has an end', async () => {
    let bytes = box('free')
    for (let depth = 0; depth < 100; depth += 1) bytes = box('moov', bytes)
    expect((await told(bytes)).join()).toMatch(/nest deeper/)
  })
})

test('QuickTime ends lists of boxes with a zero: no damage', async () => {
  const seen = await open(box('moov', box('udta', box('free'), u32(0)), box('wave', fullBox('enda', 0, 1), u32(8, 0))))
  expect(all(seen).flatMap(({ problems }) => problems)).toEqual([])
  expect(at(seen, 'moov/udta').children.at(-1)?.node).toMatchObject({ name: 'Terminator', size: 4 })
})

test('a language without version and flags is read too', async () => {
  const texts = (await open(box('moov', box('elng', fourcc('en', 'g\0')), fullBox('elng', 0, 0, fourcc('de-CH\0'))))).flatMap(
    ({ children }) => children,
  )
  expect(texts.map((one) => value(one, 'extended_language'))).toEqual(['eng', 'de-CH'])
  expect(texts.flatMap(({ problems }) => problems)).toEqual([])
})

test('hand-made boxes of what FFmpeg does not write', async () => {
  const widevine = 'edef8ba979d64acea3c827dcd51d21ed'
  const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  const seen = await open(
    concat([
      fullBox('emsg', 1, 0, u32(1000, 0, 5000, 2000, 7), fourcc('urn:x\0', '1\0'), u8(1, 2)),
      box(
        'moov',
        fullBox('pssh', 1, 0, hex(widevine), u32(1), hex('00'.repeat(16)), u32(3), u8(1, 2, 3)),
        box('dvvC', u8(1, 0, 0x10, 0x35, 0x10), zeros(19)),
      ),
      box('uuid', hex('a2394f525a9b4f14a2446c427c648df4'), u32(2, 1), zeros(8), u16(1), u16(5), u32(6)),
      fullBox('sgpd', 1, 0, fourcc('roll'), u32(2, 1), u16(0xffff)),
      fullBox('chpl', 1, 0, u32(0), u8(1), u32(0, 10_000_000), u8(2), fourcc('hi')),
      fullBox('subs', 0, 0, u32(1, 3), u16(1), u16(9), u8(1, 0), u32(0)),
    ]),
  )
  expect(all(seen).flatMap(({ problems }) => problems)).toEqual([])
  expect(at(seen, 'emsg').fields.map((field) => [field.name, field.text ?? field.value])).toContainEqual(['presentation_time', '0:05.000'])
  expect(words(at(seen, 'moov/pssh'), 'SystemID')).toBe('Widevine')
  expect([value(at(seen, 'moov/dvvC'), 'dv_profile'), value(at(seen, 'moov/dvvC'), 'dv_level')]).toEqual([8, 6])
  expect(at(seen, 'uuid').node.name).toBe('PIFF Sample Encryption Box')
  expect(value(at(seen, 'uuid'), 'samples', '[0]', 'subsamples', '[0]', 'BytesOfProtectedData')).toBe(6)
  expect(value(at(seen, 'sgpd'), 'entries', '[0]')).toBe(-1)
  expect(value(at(seen, 'chpl'), 'chapters', '[0]', 'title')).toBe('hi')
  expect(value(at(seen, 'subs'), 'entries', '[0]', 'subsamples', '[0]', 'subsample_size')).toBe(9)
})

describe('damaged files', () => {
  const files: Uint8Array[] = []
  beforeAll(async () => {
    for (const index of [0, 2, 4, 9, 11, 12]) {
      const [, extension, args] = FILES[index]!
      // Two frames and a little sound are as good as two seconds, and each byte is nearer to a header
      files.push(await readFile(await clip(extension, [...args, '-t', '0.1'])))
    }
  })

  test('cut at every 97th byte: the tree as far as it goes, and what is wrong', async () => {
    for (const bytes of files) {
      for (let length = 97; length < bytes.length; length += bytes.length < 60_000 ? 97 : 97 * 41) {
        const cut = bytes.subarray(0, length)
        const seen = await open(cut)
        expectCovered(seen, 0, length)
      }
      const [last] = (await open(bytes.subarray(0, bytes.length - 1))).slice(-1)
      expect(last?.problems.length).toBeGreaterThan(0)
    }
  })

  test('bytes changed: never thrown, every byte once', async () => {
    const headers = files.map((bytes) =>
      fc.tuple(fc.constant(bytes), fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })),
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(...headers), async ([bytes, changes]) => {
        const damaged = Uint8Array.from(bytes)
        for (const [place, changed] of changes) damaged[place] = changed
        expectCovered(await open(damaged), 0, damaged.length)
      }),
      { numRuns: 300 },
    )
  })

  test('any body in any box', async () => {
    const types = [
      ...new Set(
        (await Promise.all(files.map(open))).flatMap((seen) => all(seen).map(({ node }) => [...node.path.slice(-1), node.type].join('/'))),
      ),
    ]
    const more = [
      'sidx',
      'emsg',
      'pssh',
      'iloc',
      'ipma',
      'sgpd',
      'subs',
      'leva',
      'tfra',
      'stz2',
      'hvcC',
      'dec3',
      'dfLa',
      'chan',
      'ftab',
      'stsd/tx3g',
      'stsd/text',
      'schi/tenc',
    ]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...types, ...more), fc.uint8Array({ maxLength: 200 }), async (key, body) => {
        const [parent, type = parent!] = key.split('/')
        const node = {
          type,
          name: '',
          offset: 0,
          headerBytes: 8,
          size: body.length + 8,
          container: false,
          path: parent === type ? [] : [parent!],
          problems: [],
        }
        const dissector = dissectMp4(memorySource(concat([zeros(8), body])))
        const { fields } = await dissector.fields(node, 50)
        for (const field of fields) expectInside(field, 0, body.length + 8)
      }),
      { numRuns: 3000 },
    )
  })

  test('WebM is told by its first bytes', async () => {
    const file = await clip('webm', [...VIDEO, '-t', '0.2', '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'])
    expect((await dissect(memorySource(await readFile(file))))?.format).toBe('matroska')
  })

  test('what is neither is null', async () => {
    for (const bytes of [zeros(0), zeros(7), zeros(64), new TextEncoder().encode('<!doctype html><title>No</title>')]) {
      expect(await dissect(memorySource(bytes))).toBeNull()
    }
  })
})

test("QuickTime's uncompressed sound has the name of its uncompressed picture", async () => {
  const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440', '-t', '0.2', '-c:a', 'pcm_u8']
  const heard = await open(await readFile(await clip('mov', sound)))
  expect(at(heard, 'moov/trak/mdia/minf/stbl/stsd/raw ').problems).toEqual([])
  expect(at(heard, 'moov/trak/mdia/minf/stbl/stsd/raw ').fields.map(({ name }) => name)).toContain('channelcount')
  const seen = await open(await readFile(await clip('mov', [...VIDEO, '-t', '0.2', '-c:v', 'rawvideo', '-pix_fmt', 'rgb24'])))
  expect(at(seen, 'moov/trak/mdia/minf/stbl/stsd/raw ').fields.map(({ name }) => name)).toContain('horizresolution')
})
