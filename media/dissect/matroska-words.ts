/** Numbers of Matroska in words: the enumerations of RFC 9559, and times that are stored in nanoseconds. */
import { printId } from '../webm/ids.ts'
import { elementInfo } from '../webm/elements.ts'

const YES_NO: readonly string[] = ['no', 'yes']

const WORDS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  TrackType: { 1: 'video', 2: 'audio', 3: 'complex', 16: 'logo', 17: 'subtitle', 18: 'buttons', 32: 'control', 33: 'metadata' },
  FlagInterlaced: { 0: 'undetermined', 1: 'interlaced', 2: 'progressive' },
  FieldOrder: {
    ...{ 0: 'progressive', 1: 'top field first', 2: 'undetermined', 6: 'bottom field first' },
    ...{ 9: 'top field displayed first, interleaved', 14: 'bottom field displayed first, interleaved' },
  },
  StereoMode: {
    ...{ 0: 'mono', 1: 'side by side, left eye first', 2: 'top and bottom, right eye first', 3: 'top and bottom, left eye first' },
    ...{ 4: 'checkerboard, right eye first', 5: 'checkerboard, left eye first', 6: 'row interleaved, right eye first' },
    ...{ 7: 'row interleaved, left eye first', 8: 'column interleaved, right eye first', 9: 'column interleaved, left eye first' },
    ...{ 10: 'anaglyph, cyan and red', 11: 'side by side, right eye first', 12: 'anaglyph, green and magenta' },
    ...{ 13: 'both eyes laced in a block, left eye first', 14: 'both eyes laced in a block, right eye first' },
  },
  AlphaMode: { 0: 'none', 1: 'in BlockAdditional' },
  DisplayUnit: { 0: 'pixels', 1: 'centimetres', 2: 'inches', 3: 'display aspect ratio', 4: 'unknown' },
  AspectRatioType: { 0: 'free resizing', 1: 'keep aspect ratio', 2: 'fixed' },
  Range: { 0: 'unspecified', 1: 'broadcast', 2: 'full', 3: 'as matrix and transfer say' },
  ProjectionType: { 0: 'rectangular', 1: 'equirectangular', 2: 'cubemap', 3: 'mesh' },
  TrackPlaneType: { 0: 'left eye', 1: 'right eye', 2: 'background' },
  ContentEncodingScope: { 1: 'frames', 2: 'CodecPrivate', 3: 'frames and CodecPrivate', 4: 'next encoding' },
  ContentEncodingType: { 0: 'compression', 1: 'encryption' },
  ContentCompAlgo: { 0: 'zlib', 1: 'bzlib', 2: 'lzo1x', 3: 'header stripping' },
  ContentEncAlgo: { 0: 'none', 1: 'DES', 2: 'Triple DES', 3: 'Twofish', 4: 'Blowfish', 5: 'AES' },
  AESSettingsCipherMode: { 1: 'CTR', 2: 'CBC' },
  ChapterSkipType: { 0: 'none', 1: 'opening credits', 2: 'end credits', 3: 'recap', 4: 'preview', 5: 'advertisement', 6: 'intermission' },
  TargetTypeValue: { 70: 'collection', 60: 'season', 50: 'album or film', 40: 'part', 30: 'track or chapter', 20: 'subtrack', 10: 'shot' },
}

/** Nanoseconds, whatever TimestampScale says. */
const NANOSECONDS: ReadonlySet<string> = new Set([
  ...['TimestampScale', 'DefaultDuration', 'DefaultDecodedFieldDuration', 'CodecDelay', 'SeekPreRoll', 'DiscardPadding'],
])
const CHAPTER_TIMES: ReadonlySet<string> = new Set(['ChapterTimeStart', 'ChapterTimeEnd'])

/** What a number means; undefined where it says all there is. */
export function numberWords(name: string, value: number): string | undefined {
  const word = WORDS[name]?.[value]
  if (word !== undefined) return word
  if (/^(Flag|EditionFlag|ChapterFlag|TagDefault$)/.test(name)) return YES_NO[value]
  if (name === 'DefaultDuration' && value > 0) return `${milliseconds(value)}, ${trim(1e9 / value)} per second`
  if (NANOSECONDS.has(name)) return milliseconds(value)
  return CHAPTER_TIMES.has(name) ? clock(value / 1e9) : undefined
}

/** The element that a SeekID names. */
export function idWords(id: number): string {
  return elementInfo(id)?.name ?? printId(id)
}

function milliseconds(nanoseconds: number): string {
  return `${trim(nanoseconds / 1e6)} ms`
}

function trim(value: number): string {
  return String(Number(value.toFixed(3)))
}

/** `1:02:03.400` */
function clock(seconds: number): string {
  const whole = Math.floor(seconds / 60)
  const rest = (seconds - whole * 60).toFixed(3).padStart(6, '0')
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}:${rest}`
}
