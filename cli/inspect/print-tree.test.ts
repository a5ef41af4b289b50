/** The tree as it is drawn: from trees made by hand, at the widths that people have. */
import { describe, expect, it } from 'vitest'
import type { Field, FieldValue } from '../../media/dissect/model.ts'
import type { ReportChild, ReportNode } from '../../media/dissect/report-tree.ts'
import { printTree, type TreeStyle } from './print-tree.ts'

function node(
  type: string,
  name: string,
  [offset, size]: [number, number],
  fields: Field[],
  children: ReportChild[] | null = null,
): ReportNode {
  return { type, name, offset, headerBytes: 8, size, fields, problems: [], children }
}
const field = (name: string, value: FieldValue, more: Partial<Field> = {}): Field => ({ name, value, offset: 0, length: 4, ...more })
const list = (name: string, values: FieldValue[]): Field =>
  field(name, values.length, { fields: values.map((value, at) => field(`[${at}]`, value)) })
const table = (name: string, rows: Record<string, number>[], more: Partial<Field> = {}): Field =>
  field(name, rows.length, {
    fields: rows.map((row, at) =>
      field(`[${at}]`, Object.values(row), { fields: Object.entries(row).map(([key, value]) => field(key, value)) }),
    ),
    ...more,
  })

const stbl = node(
  'stbl',
  'Sample Table Box',
  [1100, 340_000],
  [],
  [
    node(
      'stsd',
      'Sample Description Box',
      [1108, 160],
      [field('entry_count', 1)],
      [
        node(
          'avc1',
          'H.264',
          [1124, 150],
          [],
          [
            node(
              'avcC',
              'AVC Configuration Box',
              [1210, 50],
              [
                field('configurationVersion', 1),
                field('AVCProfileIndication', 100, { text: 'High' }),
                field('AVCLevelIndication', 40, { text: '4.0' }),
              ],
            ),
          ],
        ),
      ],
    ),
    node('stts', 'Decoding Time to Sample Box', [1300, 24], [table('entries', [{ sample_count: 5405, sample_delta: 1001 }])]),
    node(
      'stss',
      'Sync Sample Box',
      [1324, 196],
      [
        list(
          'entries',
          Array.from({ length: 45 }, (_, at) => 1 + at * 120),
        ),
      ],
    ),
    node('stco', 'Chunk Offset Box', [1520, 4000], [field('entries', 996, { total: 996, fields: [field('[0]', 342_472)] })]),
  ],
)
const film: ReportChild[] = [
  node(
    'ftyp',
    'File Type Box',
    [0, 32],
    [field('major_brand', 'isom'), field('minor_version', 512), list('compatible_brands', ['isom', 'mp41'])],
  ),
  node(
    'moov',
    'Movie Box',
    [32, 342_432],
    [],
    [
      node(
        'mvhd',
        'Movie Header Box',
        [40, 108],
        [field('version', 0), field('timescale', 1000), field('duration', 225_200, { text: '3:45.200' })],
      ),
      node(
        'trak',
        'Track Box',
        [148, 341_000],
        [],
        [
          node(
            'tkhd',
            'Track Header Box',
            [156, 92],
            [field('flags', 3, { text: 'enabled, in movie' }), field('track_ID', 1), field('width', 1920), field('height', 1080)],
          ),
          node(
            'mdia',
            'Media Box',
            [250, 340_500],
            [],
            [
              node(
                'mdhd',
                'Media Header Box',
                [258, 32],
                [field('timescale', 24_000), field('duration', 5_404_800, { text: '3:45.200' }), field('language', 'und')],
              ),
              node('hdlr', 'Handler Reference Box', [290, 45], [field('handler_type', 'vide'), field('name', 'Video Handler')]),
              node('minf', 'Media Information Box', [335, 340_400], [], [stbl]),
            ],
          ),
        ],
      ),
    ],
  ),
  node('mdat', 'Media Data Box', [342_464, 44_892_103], []),
]
const plain = (width: number): TreeStyle => ({ width, colour: false, fields: false })

describe('the tree', () => {
  it('reads as a picture, with the places at its right', () => {
    expect(`\n${printTree('Container Structure:', film, plain(100)).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      Container Structure:                                                                 bytes @ offset
      ├── ftyp (File Type): isom, mp41                                                        32 @ 0
      ├── moov (Movie)                                                                   342,432 @ 32
      │   ├── mvhd (Movie Header)                                                            108 @ 40
      │   │   ├── Timescale: 1000
      │   │   └── Duration: 225200 (3:45.200)
      │   └── trak (Track 1: Video)                                                      341,000 @ 148
      │       ├── tkhd (Track Header): 1920x1080, enabled                                     92 @ 156
      │       └── mdia (Media)                                                           340,500 @ 250
      │           ├── mdhd (Media Header): timescale=24000, 3:45.200                          32 @ 258
      │           ├── hdlr (Handler Reference): vide (Video Handler)                          45 @ 290
      │           └── minf (Media Information)                                           340,400 @ 335
      │               └── stbl (Sample Table)                                            340,000 @ 1,100
      │                   ├── stsd (Sample Description): avc1 (H.264)                        160 @ 1,108
      │                   │   └── avc1 (H.264)                                               150 @ 1,124
      │                   │       └── avcC: Profile High, Level 4.0                           50 @ 1,210
      │                   ├── stts: 5,405 samples, 1,001 ticks each                           24 @ 1,300
      │                   ├── stss (Sync Sample): 45 keyframes (every 120 frames)            196 @ 1,324
      │                   └── stco (Chunk Offset): 996 chunks                              4,000 @ 1,520
      └── mdat (Media Data): 44,892,103 bytes @ offset 342,464                        44,892,103 @ 342,464
      "
    `)
  })

  it('fits 80 columns, and more', () => {
    for (const width of [80, 120, 200])
      for (const line of printTree('Container Structure:', film, plain(width))) expect(line.length).toBeLessThanOrEqual(width)
    expect(`\n${printTree('Container Structure:', film, plain(80)).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      Container Structure:                                             bytes @ offset
      ├─ ftyp (File Type): isom, mp41                                     32 @ 0
      ├─ moov (Movie)                                                342,432 @ 32
      │  ├─ mvhd (Movie Header)                                          108 @ 40
      │  │  ├─ Timescale: 1000
      │  │  └─ Duration: 225200 (3:45.200)
      │  └─ trak (Track 1: Video)                                    341,000 @ 148
      │     ├─ tkhd (Track Header): 1920x1080, enabled                    92 @ 156
      │     └─ mdia (Media)                                          340,500 @ 250
      │        ├─ mdhd (Media Header): timescale=24000, 3:45.200          32 @ 258
      │        ├─ hdlr (Handler Reference): vide (Video Handler)          45 @ 290
      │        └─ minf (Media Information)                           340,400 @ 335
      │           └─ stbl (Sample Table)                             340,000 @ 1,100
      │              ├─ stsd (Sample Description): avc1 (H.264)          160 @ 1,108
      │              │  └─ avc1 (H.264)                                  150 @ 1,124
      │              │     └─ avcC: Profile High, Level 4.0               50 @ 1,210
      │              ├─ stts: 5,405 samples, 1,001 ticks each             24 @ 1,300
      │              ├─ stss: 45 keyframes (every 120 frames)            196 @ 1,324
      │              └─ stco (Chunk Offset): 996 chunks                4,000 @ 1,520
      └─ mdat (Media Data): 44,892,103 bytes @ offset 342,464     44,892,103 @ 342,464
      "
    `)
  })

  it('says what is left out and what is wrong', () => {
    const broken = node('trak', 'Track Box', [500, 100], [], [])
    broken.problems.push({ offset: 500, length: 100, what: "box 'trak' at 500 ends at 600, its parent at 550", severity: 'error' })
    const long: ReportChild[] = [
      node('moof', 'Movie Fragment Box', [0, 100], []),
      node('mdat', 'Media Data Box', [100, 400], []),
      { omitted: 3998, types: { moof: 1999, mdat: 1999 }, offset: 500, size: 1_000_000 },
      broken,
    ]
    expect(`\n${printTree('Container Structure:', long, plain(80)).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      Container Structure:                                                 bytes @ offset
      ├─ moof (Movie Fragment)                                               100 @ 0
      ├─ mdat (Media Data): 400 bytes @ offset 100                           400 @ 100
      ├─ … 1,999 more moof, 1,999 more mdat                            1,000,000 @ 500
      └─ trak (Track)                                                        100 @ 500
         └─ ! box 'trak' at 500 ends at 600, its parent at 550
      "
    `)
  })

  it('keeps what a file says from talking to the terminal', () => {
    const evil = node('hdlr', '', [0, 8], [field('handler_type', 'vide'), field('name', '\u001B]0;owned\u0007\u202Eabc')])
    const text = printTree('', [evil], { ...plain(80), colour: false }).join('\n')
    expect(text).toContain('vide (·]0;owned··abc)')
  })

  it('has colours only where they are wanted', () => {
    expect(printTree('', film, { ...plain(100), colour: true }).join('\n')).toContain('\u001B[1mmoov\u001B[22m')
    expect(printTree('', film, plain(100)).join('\n')).not.toContain('\u001B')
  })

  it('shows every field on request', () => {
    const lines = printTree('', film, { ...plain(100), fields: true }).join('\n')
    expect(lines).toContain('minor_version: 512')
    expect(lines).toContain('sample_delta: 1001')
    expect(lines).toContain('… 29 more')
  })
})
