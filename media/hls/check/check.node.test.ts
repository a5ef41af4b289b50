/** Each rule with a text that breaks it; and texts that break none. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MediaError } from '../../errors.ts'
import { readPlaylist } from '../read.ts'
import { checkPlaylist } from './check-playlist.ts'
import { checkMembers, checkUpdate, type Member } from './check-update.ts'

const HEAD = '#EXTM3U\n#EXT-X-VERSION:13\n#EXT-X-TARGETDURATION:4\n'
const SEGMENT = '#EXTINF:4,\ns.ts\n'

/** `clause:line`, with a question mark for what only should be. */
function found(text: string): string[] {
  return checkPlaylist(text).map(({ level, line, clause }) => `${clause}:${line ?? '-'}${level === 'should' ? '?' : ''}`)
}

describe('nothing is wrong with', () => {
  test.each([
    ['a plain list', `${HEAD}${SEGMENT}#EXT-X-ENDLIST\n`],
    ['unknown tags, comments, unknown attributes', `${HEAD}#EXT-X-UNHEARD:A\n# a\n\n#EXT-X-MAP:URI="m",X-OWN=1\n${SEGMENT}`],
    [
      'a low-latency list',
      `${HEAD}#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.0,CAN-SKIP-UNTIL=24\n#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-PART:DURATION=1,URI="a"\n#EXT-X-PART:DURATION=0.2,URI="b"\n${SEGMENT}#EXT-X-PART:DURATION=1,URI="c"\n#EXT-X-PART:DURATION=0.5,URI="d"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="e"\n#EXT-X-RENDITION-REPORT:URI="../x",LAST-MSN=1,LAST-PART=1\n`,
    ],
    [
      'keys',
      `${HEAD}#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x0123456789abcdef0123456789ABCDEF\n#EXT-X-MAP:URI="m"\n${SEGMENT}#EXT-X-KEY:METHOD=NONE\n${SEGMENT}`,
    ],
    [
      'date ranges',
      `${HEAD}#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n${SEGMENT}#EXT-X-DATERANGE:ID="a",START-DATE="2026-01-01T00:00:00Z",SCTE35-OUT=0xFC\n#EXT-X-DATERANGE:ID="a",DURATION=2,END-DATE="2026-01-01T00:00:02Z"\n`,
    ],
    [
      'renditions',
      '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="u"\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="b",NAME="x",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="6",URI="w"\n#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="x",INSTREAM-ID="SERVICE63"\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="a",AUDIO="a",CLOSED-CAPTIONS="c"\nv\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="a",AUDIO="b"\nw\n',
    ],
    ['variables', `${HEAD}#EXT-X-DEFINE:NAME="a",VALUE=""\n#EXT-X-DEFINE:QUERYPARAM="b"\n#EXTINF:4,{$c}\n{$a}{$b}.ts\n`],
  ])('%s', (_, text) => {
    expect(checkPlaylist(text)).toEqual([])
  })
})

test.each([
  ['no target duration', '#EXTM3U\n#EXTINF:4,\na\n', ['4.4.3.1:-']],
  ['no #EXTM3U, a byte order mark, white space', `\uFEFF#EXT-X-TARGETDURATION:4 \n${SEGMENT}`, ['4.1:1', '4.4.1.1:1', '4.1:1']],
  ['a segment that is too long', `${HEAD}#EXTINF:4.5,\na\n`, ['4.4.3.1:4']],
  ['a target duration with a fraction', `#EXTM3U\n#EXT-X-TARGETDURATION:4.5\n${SEGMENT}`, ['4.4.3.1:2']],
  ['a tag twice', `${HEAD}#EXT-X-TARGETDURATION:4\n${SEGMENT}`, ['4.4.3.1:4']],
  ['no EXTINF, an EXTINF without an address', `${HEAD}a\n#EXTINF:4,\n`, ['4.4.4.1:4', '4.4.4:5']],
  ['EXTINF without a comma', `${HEAD}#EXTINF:4\na\n`, ['4.4.4.1:4']],
  [
    'numbers after the first segment',
    `${HEAD}${SEGMENT}#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n`,
    ['4.4.3.2:6', '4.4.3.3:7'],
  ],
  ['a byte range without a beginning', `${HEAD}#EXT-X-BYTERANGE:5\n${SEGMENT}`, ['4.4.4.2:4']],
  ['versions', `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI="m"\n#EXTINF:3.5,\na\n`, ['8:3', '4.4.4.1:4', '8:4']],
  ['METHOD=NONE with more', `${HEAD}#EXT-X-KEY:METHOD=NONE,URI="k"\n${SEGMENT}`, ['4.4.4.4:4']],
  ['a key without its address, a wrong IV', `${HEAD}#EXT-X-KEY:METHOD=AES-128,IV="0x1"\n${SEGMENT}`, ['4.4.4.4:4', '4.4.4.4:4']],
  ['an encrypted map without IV', `${HEAD}#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXT-X-MAP:URI="m"\n${SEGMENT}`, ['4.4.4.5:5']],
  ['a map whose range has no offset', `${HEAD}#EXT-X-MAP:URI="m",BYTERANGE="5"\n${SEGMENT}`, ['4.4.4.5:4']],
  ['parts without their target', `${HEAD}#EXT-X-PART:URI="a",DURATION=1\n${SEGMENT}`, ['4.4.3.7:4']],
  [
    'parts too long, too short, followed by tags that belong before them',
    `${HEAD}#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=1.9,HOLD-BACK=11,CAN-SKIP-DATERANGES=YES\n#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-PART:URI="a",DURATION=1.1\n#EXT-X-PART:URI="b",DURATION=0.8\n#EXT-X-DISCONTINUITY\n#EXT-X-PART:URI="b",DURATION=0.8\n${SEGMENT}`,
    ['4.4.3.8:4', '4.4.3.8:4', '4.4.3.8:4', '4.4.4.9:6', '4.4.4.9:7', '4.4.4.9:8'],
  ],
  [
    'no part hold back, too short a skip boundary',
    `${HEAD}#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=23\n`,
    ['4.4.3.8:5', '4.4.3.8:5'],
  ],
  ['a hint at the end', `${HEAD}#EXT-X-PRELOAD-HINT:TYPE=PART,URI="a"\n${SEGMENT}#EXT-X-ENDLIST\n`, ['4.4.5.3:4']],
  ['an absolute report', `${HEAD}${SEGMENT}#EXT-X-RENDITION-REPORT:URI="https://a"\n`, ['4.4.5.4:6']],
  ['a date range without date', `${HEAD}${SEGMENT}#EXT-X-DATERANGE:ID="a"\n`, ['4.4.5.1:6', '4.4.5.1:6']],
  [
    'date ranges that contradict themselves',
    `${HEAD}#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00\n${SEGMENT}#EXT-X-DATERANGE:ID="a",START-DATE="2026-01-01T00:00:09Z",END-DATE="2026-01-01T00:00:00Z",CUE="PRE,POST"\n#EXT-X-DATERANGE:ID="b",START-DATE="2026-01-01T00:00:09Z",END-ON-NEXT=YES,DURATION=1\n#EXT-X-DATERANGE:ID="b",START-DATE="2026-01-02T00:00:09Z"\n`,
    ['4.4.4.6:4?', '4.4.5.1:7', '4.4.5.1:7', '4.4.5.1:8', '4.4.5.1:8', '4.4.5.1:9', '4.4.5.1:9', '4.4.5.1:9'],
  ],
  ['both kinds', `${HEAD}${SEGMENT}#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="a"\nv\n`, ['4.4.6.2:5', '4.4.6:6']],
  [
    'a variant without address, bandwidth, codecs or group',
    '#EXTM3U\n#EXT-X-STREAM-INF:AUDIO="a"\n',
    ['4.4.6.2:2', '4.4.6.2:2', '4.4.6.2:2', '4.4.6.2:2?'],
  ],
  [
    'captions in some',
    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="a",CLOSED-CAPTIONS=NONE\nv\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="a"\nw\n',
    ['4.4.6.2:4'],
  ],
  [
    'attributes of other types',
    '#EXTM3U\n#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID="a",NAME="n",FORCED=YES,CHANNELS="2",DEFAULT=YES,AUTOSELECT=NO\n#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="a",NAME="n"\n#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="a",NAME="n",URI="u",INSTREAM-ID="CC5"\n',
    ['4.4.6.1:2', '4.4.6.1:2', '4.4.6.1:2', '4.4.6.2.1:3', '4.4.6.1:4', '4.4.6.1:4'],
  ],
  [
    'groups that differ',
    '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="n",DEFAULT=YES\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="n",DEFAULT=YES\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="b",NAME="n",LANGUAGE="en",DEFAULT=YES\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="c",NAME="o"\n',
    ['4.4.6.1.1:3', '4.4.6.1.1:3', '4.4.6.1.1:4', '4.4.6.1.1:5'],
  ],
  [
    'session data and keys',
    '#EXTM3U\n#EXT-X-SESSION-DATA:DATA-ID="a",VALUE="1"\n#EXT-X-SESSION-DATA:DATA-ID="a",VALUE="2"\n#EXT-X-SESSION-DATA:DATA-ID="b"\n#EXT-X-SESSION-KEY:METHOD=NONE,URI="a"\n#EXT-X-CONTENT-STEERING:SERVER-URI="a",PATHWAY-ID="x"\n',
    ['4.4.6.4:3', '4.4.6.4:4', '4.4.6.5:5', '4.4.6.6:6'],
  ],
  [
    'attribute lists',
    `${HEAD}#EXT-X-MAP:URI="a",URI="b"\n#EXT-X-MAP:URI="a", BYTERANGE="1@0"\n#EXT-X-MAP:URI=a\n${SEGMENT}`,
    ['4.2:4', '4.2:5', '4.4.4.5:6'],
  ],
  ['words that are none of those', `${HEAD}#EXT-X-START:TIME-OFFSET=1,PRECISE=yes\n${SEGMENT}`, ['4.4.2.2:4']],
  [
    'variables',
    `${HEAD}#EXT-X-DEFINE:NAME="a",IMPORT="b"\n#EXT-X-DEFINE:NAME="a",VALUE="1"\n#EXTINF:4,\n{$x}\n`,
    ['4.4.2.3:4', '4.4.2.3:4', '4.4.2.3:5', '4.3:7'],
  ],
])('%s', (_, text, expected) => {
  expect(found(text)).toEqual(expected)
})

test('every text has an answer, with lines that are there', () => {
  const tags = [
    '#EXTM3U',
    '#EXT-X-MEDIA:',
    '#EXT-X-KEY:METHOD=',
    '#EXTINF:',
    '#EXT-X-DATERANGE:ID="a",',
    '#EXT-X-STREAM-INF:',
    '#EXT-X-DEFINE:NAME="',
    '#EXT-X-__proto__',
    'a',
    '',
  ]
  const line = fc.tuple(fc.constantFrom(...tags), fc.string()).map((pair) => pair.join(''))
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      const text = lines.join('\n')
      for (const finding of checkPlaylist(text)) {
        expect(finding.line ?? 1).toBeGreaterThan(0)
        expect(finding.line ?? 1).toBeLessThanOrEqual(text.split('\n').length)
        expect(finding.text).toMatch(/\.$/)
      }
    }),
    { numRuns: 500 },
  )
  expect(() => checkPlaylist('#'.repeat(17 * 1024 * 1024))).toThrow(MediaError)
  expect(() => checkPlaylist(`#EXTM3U\n${'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="b"\n'.repeat(1001)}`)).toThrow(/entries/)
  expect(checkPlaylist(`#EXTM3U\n${'a\n'.repeat(5000)}`)).toHaveLength(1000)
})

function media(text: string) {
  const read = readPlaylist(text)
  if (read.kind !== 'media') throw new Error('not a media playlist')
  return read.playlist
}

describe('between two loads', () => {
  const list = (from: number, to: number, more = '', name = (number: number) => `${number}.ts`): string =>
    `${HEAD}#EXT-X-MEDIA-SEQUENCE:${from}\n${more}${Array.from({ length: to - from }, (_, i) => `#EXTINF:4,\n${name(from + i)}\n`).join('')}`

  test.each([
    ['a window that moves', list(0, 6), list(2, 9), []],
    ['nothing', list(0, 6), list(0, 6), []],
    ['back in time', list(5, 9), list(4, 9), ['6.2.2']],
    ['a short window', list(0, 4), list(2, 4), ['6.2.2']],
    ['the end is gone', list(0, 6), list(0, 5), ['6.2.1']],
    ['another file', list(0, 6), list(1, 7, '', (number) => `x${number}.ts`), ['6.2.1']],
    ['another target duration', list(0, 6), list(0, 6).replace('DURATION:4', 'DURATION:5'), ['6.2.1']],
    ['an event that forgets', list(0, 6, '#EXT-X-PLAYLIST-TYPE:EVENT\n'), list(1, 6, '#EXT-X-PLAYLIST-TYPE:EVENT\n'), ['6.2.2']],
    ['a film that grows', list(0, 6, '#EXT-X-PLAYLIST-TYPE:VOD\n'), list(0, 7, '#EXT-X-PLAYLIST-TYPE:VOD\n'), ['6.2.1']],
    ['an end that was none', list(0, 6, '#EXT-X-ENDLIST\n'), list(0, 7), ['6.2.1', '4.4.3.4']],
    ['a lost discontinuity', list(0, 6, '#EXT-X-DISCONTINUITY\n'), list(1, 7), ['6.2.1']],
    ['another key', list(0, 6, '#EXT-X-KEY:METHOD=AES-128,URI="a"\n'), list(0, 6, '#EXT-X-KEY:METHOD=AES-128,URI="b"\n'), ['6.2.1']],
    [
      'another date',
      list(0, 6, '#EXT-X-DATERANGE:ID="a",START-DATE="2026-01-01T00:00:00Z"\n'),
      list(0, 6, '#EXT-X-DATERANGE:ID="a",START-DATE="2026-01-02T00:00:00Z"\n'),
      ['4.4.5.1'],
    ],
  ])('%s', (_, before, after, clauses) => {
    expect(checkUpdate(media(before), media(after)).map(({ clause }) => clause)).toEqual(clauses)
  })
})

test('what media playlists of one presentation must share', () => {
  const member = (name: string, text: string, role: Member['role'] = 'media'): Member => ({ name, role, playlist: media(text) })
  const vod = `${HEAD}#EXT-X-PLAYLIST-TYPE:VOD\n${SEGMENT}`
  expect(checkMembers([member('a', vod), member('b', vod), member('s', vod.replace(':4', ':60'), 'subtitles')])).toEqual([])
  const others = [
    member('b', vod.replace(':4', ':5')),
    member('c', HEAD + SEGMENT),
    member('d', vod.replace('#EXTINF', '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n#EXTINF')),
    member('e', `${vod}#EXT-X-SERVER-CONTROL:HOLD-BACK=12\n`),
    member('i', vod, 'iframes'),
  ]
  expect(checkMembers([member('a', vod), ...others]).map(({ clause, text }) => `${clause} ${text.split(' ')[0]}`)).toEqual([
    '6.2.4 b',
    '6.2.4 c',
    '6.2.4 EXT-X-PROGRAM-DATE-TIME',
    '6.2.4 EXT-X-SERVER-CONTROL',
    '4.4.6.3 i',
  ])
})
