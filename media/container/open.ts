/** Opens a media file of any container that is read here, told by its first bytes and not by its name. */
import type { ByteSource } from '../bytes/source.ts'
import { MediaError } from '../errors.ts'
import { openMp4 } from '../mp4/open.ts'
import { openMatroska } from '../webm/open.ts'
import type { MediaFile } from './model.ts'

/** As much as the readers ask for first: their read is answered from it. */
const HEAD_BYTES = 32 * 1024

/** Throws `MediaError`: 'unsupported' for what is no MP4, MOV, WebM or MKV, with what it seems to be; else as its reader does. */
export async function openMedia(source: ByteSource): Promise<MediaFile> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size))
  const known = withHead(source, head)
  if (isMp4(head)) return openMp4(known)
  if (isEbml(head)) return openMatroska(known)
  throw new MediaError('unsupported', describe(head))
}

function withHead(source: ByteSource, head: Uint8Array): ByteSource {
  return {
    size: source.size,
    read: (offset, length) =>
      offset + length <= head.length ? Promise.resolve(head.subarray(offset, offset + length)) : source.read(offset, length),
  }
}

function fourcc(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4))
}

/** Boxes that files begin with: the standard's, QuickTime's before `ftyp` was invented, and those of a segment. */
const FIRST_BOXES: ReadonlySet<string> = new Set([
  ...['ftyp', 'styp', 'moov', 'moof', 'mdat', 'sidx', 'free', 'skip', 'uuid', 'wide', 'pnot', 'prft', 'emsg'],
])

function isMp4(head: Uint8Array): boolean {
  return FIRST_BOXES.has(fourcc(head, 4))
}

/** The header of every EBML document (RFC 8794 11.2.1). */
function isEbml(head: Uint8Array): boolean {
  return fourcc(head, 0) === '\x1a\x45\xdf\xa3'
}

/** What people try to open all the same. */
const OTHERS: readonly (readonly [sign: string, name: string])[] = [
  ...([
    ['RIFF', 'an AVI or WAV file'],
    ['OggS', 'an Ogg file'],
    ['fLaC', 'a FLAC file'],
    ['FLV\x01', 'a Flash video'],
  ] as const),
  ...([
    ['ID3', 'an MP3 file'],
    ['%PDF', 'a PDF'],
    ['\x89PNG', 'a PNG picture'],
    ['\xff\xd8\xff', 'a JPEG picture'],
  ] as const),
  ...([
    ['#EXTM3U', 'a playlist'],
    ['<?xml', 'XML'],
    ['<', 'HTML or XML'],
    ['PK\x03\x04', 'a ZIP archive'],
  ] as const),
]

function describe(head: Uint8Array): string {
  const wanted = 'MP4, MOV, WebM and MKV are read'
  if (head.length === 0) return `an empty file; ${wanted}`
  // Packets of 188 bytes that begin with 0x47
  if (head[0] === 0x47 && head[188] === 0x47) return `an MPEG transport stream; ${wanted}`
  const start = String.fromCharCode(...head.subarray(0, 8))
  const other = OTHERS.find(([sign]) => start.startsWith(sign))
  return other === undefined ? `not a media file that is known here; ${wanted}` : `${other[1]}; ${wanted}`
}
