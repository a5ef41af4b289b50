/**
 * What a client says about its file in `Upload-Metadata` (tus 1.0.0, creation): `filename`, `filetype`, `title`, `codecs`.
 * Names come from anywhere and are text to show, nothing else: no key, path or header is ever made of them.
 */
import { Metadata } from '@tus/server'
import * as v from 'valibot'
import { VideoCodec } from '../../protocol/plan.ts'
import { HttpError } from '../errors.ts'

const MAX_HEADER_CHARS = 32_768
const MAX_NAME_CHARS = 255
const MAX_TITLE_CHARS = 200

/** The client's wishes, cleaned. */
export interface UploadWishes {
  title: string
  name: string
  type: string
  codecs: VideoCodec[]
}

/** Reads the header; throws `bad-request` when it is malformed or names a codec that nobody here knows. */
export function readMetadata(header: string): UploadWishes {
  const fields = parse(header)
  const name = showable(fields['filename'] ?? fields['name'] ?? '', MAX_NAME_CHARS)
  const title = showable(fields['title'] ?? '', MAX_TITLE_CHARS)
  return {
    name: name === '' ? 'upload' : name,
    title: title === '' ? titleOf(name) : title,
    type: mediaType(fields['filetype'] ?? fields['type'] ?? ''),
    codecs: codecs(fields['codecs'] ?? ''),
  }
}

function parse(header: string): Record<string, string | null> {
  if (header.trim() === '') return {}
  if (header.length > MAX_HEADER_CHARS) throw new HttpError('bad-request', `Upload-Metadata is longer than ${MAX_HEADER_CHARS} characters.`)
  try {
    return Metadata.parse(header)
  } catch {
    throw new HttpError('bad-request', 'Upload-Metadata is a list of `key base64(value)`, separated by commas, each key once.')
  }
}

/** One line without what cannot be seen or turns text around: controls, format characters but the joiners of emoji, lone surrogates. */
function showable(text: string, maxChars: number): string {
  const line = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(/(?!\u200d)\p{Cf}|\ufffd/gu, '')
    .trim()
  // Cut between characters as people count them, so that no emoji is left in halves.
  let cut = ''
  for (const { segment } of new Intl.Segmenter().segment(line.slice(0, maxChars * 2))) {
    if (cut.length + segment.length > maxChars) break
    cut += segment
  }
  return cut.trim()
}

/** `holiday/day 1.mp4` → `day 1`. */
function titleOf(name: string): string {
  const base = name.split(/[/\\]/).findLast((part) => part.trim() !== '') ?? ''
  const title = showable(base.replace(/(?<=.)\.[^.]{1,8}$/u, ''), MAX_TITLE_CHARS)
  return title === '' ? 'Untitled' : title
}

/** Only what a browser plays and never runs: the source is served with this type from our own origin. */
function mediaType(text: string): string {
  return /^(?:video|audio)\/[\w.+-]{1,64}$/i.test(text) ? text.toLowerCase() : 'application/octet-stream'
}

function codecs(text: string): VideoCodec[] {
  const wanted = text
    .split(',')
    .map((codec) => codec.trim().toLowerCase())
    .filter((codec) => codec !== '')
  const known = v.safeParse(v.array(VideoCodec), wanted)
  if (!known.success) throw new HttpError('bad-request', `codecs is a list of ${VideoCodec.options.join(', ')}, separated by commas.`)
  return known.output.length === 0 ? ['h264'] : [...new Set(known.output)]
}
