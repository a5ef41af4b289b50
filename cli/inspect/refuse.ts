/** What a file is that this command does not read: said in words, with where to go instead. */
import type { ByteSource } from '../../media/bytes/source.ts'
import { Failure } from '../failure.ts'

/** Enough for three packets of a transport stream of the longest kind. */
const HEAD_BYTES = 1024

type Known = [signature: RegExp, what: string, hint: string | null]

/** What starts with text. */
const BY_TEXT: Known[] = [
  [/^#EXTM3U/, 'an HLS playlist', 'Inspect the segments that it names.'],
  [/^(?:<\?xml[^]{0,200})?\s*<MPD[\s>]/, 'an MPEG-DASH manifest', 'Inspect the segments that it names.'],
  [/^\s*(?:<!doctype html|<html)/i, 'a web page', 'Give the address of the video itself.'],
  [/^FLV/, 'a Flash video (FLV)', null],
  [/^RIFF[^]{4}AVI /, 'an AVI file', null],
  [/^RIFF[^]{4}WAVE/, 'a WAV file', null],
  [/^RIFF[^]{4}WEBP|^GIF8/, 'a picture', null],
  [/^OggS/, 'an Ogg file', null],
  [/^fLaC/, 'a FLAC file', null],
  [/^ID3/, 'an MP3 file', null],
  [/^PK|^BZh/, 'a compressed archive', 'Unpack it first.'],
  [/^%PDF/, 'a PDF document', null],
]

/** What starts with other bytes, in hex. */
const BY_BYTES: Known[] = [
  [/^fff[0189]/, 'an AAC stream (ADTS)', null],
  [/^ff(?:e[2-9a-f]|f[2-9ab])/, 'an MP3 file', null],
  [/^3026b2758e66cf11/, 'a Windows Media file (ASF)', null],
  [/^000001ba/, 'an MPEG program stream', null],
  [/^(?:00)?000001(?:09|67|27|40|42|46)/, 'a raw H.264 or HEVC stream without a container', null],
  [/^(?:89504e47|ffd8ff)/, 'a picture', null],
  [/^(?:1f8b|377abcaf|fd377a58)/, 'a compressed archive', 'Unpack it first.'],
]
const REMUX = 'ffmpeg can put it into one that is: ffmpeg -i FILE -c copy OUT.mkv'

/** The error for a file that no dissector knows. */
export async function refuse(source: ByteSource, label: string): Promise<Failure> {
  if (source.size === 0) return new Failure(`${label} is empty.`, 'Nothing was written to it, or the upload or download was cut off.')
  const bytes = await source.read(0, HEAD_BYTES)
  if (isTransportStream(bytes)) return new Failure(`${label} is an MPEG transport stream.`, `See: sluice demux ${label}`)
  const head = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  const hex = Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const known = BY_TEXT.find(([signature]) => signature.test(head)) ?? BY_BYTES.find(([signature]) => signature.test(hex))
  if (known !== undefined) {
    const [, what, hint] = known
    return new Failure(`${label} is ${what}, not MP4, MOV, WebM or Matroska.`, hint ?? (/file|video|stream/.test(what) ? REMUX : null))
  }
  if (bytes.every((byte) => byte === 0)) return new Failure(`${label} starts with zeros: it is not a media file, or it was damaged.`)
  const text = /^[\t\n\r\u0020-\u007e\u0080-\u00ff]+$/.test(head) ? 'text' : 'something else'
  return new Failure(`${label} is ${text}, not MP4, MOV, WebM or Matroska.`, 'Name a media file.')
}

/** "sync_byte … '0100 0111' (0x47)" (ISO/IEC 13818-1 2.4.3.3) at the start of three packets of 188, 192 or 204 bytes. */
function isTransportStream(bytes: Uint8Array): boolean {
  return [
    [188, 0],
    [192, 4],
    [204, 0],
  ].some(([length = 188, first = 0]) => [0, 1, 2].every((packet) => bytes[first + packet * length] === 0x47))
}
