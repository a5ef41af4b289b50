/**
 * Content-Type of an uploaded file. Uploads are anybody's bytes on our origin: only types that no browser runs as a page
 * are ever said, anything else is `application/octet-stream`, and `nosniff` keeps browsers from guessing.
 */

const BY_EXTENSION: Record<string, string> = {
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  mov: 'video/quicktime',
  qt: 'video/quicktime',
  webm: 'video/webm',
  mkv: 'video/matroska',
  ts: 'video/mp2t',
  m2ts: 'video/mp2t',
  mts: 'video/mp2t',
  mpg: 'video/mpeg',
  mpeg: 'video/mpeg',
  avi: 'video/x-msvideo',
  wmv: 'video/x-ms-wmv',
  flv: 'video/x-flv',
  ogv: 'video/ogg',
  '3gp': 'video/3gpp',
  '3g2': 'video/3gpp2',
  mxf: 'application/mxf',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  wav: 'audio/wav',
  flac: 'audio/flac',
  oga: 'audio/ogg',
  ogg: 'audio/ogg',
  opus: 'audio/ogg',
  mka: 'audio/matroska',
}

/** Types a client may have declared and we repeat: those above and their other names. */
const SAFE = new Set([
  ...Object.values(BY_EXTENSION),
  'video/x-matroska',
  'video/x-m4v',
  'video/avi',
  'video/msvideo',
  'application/ogg',
  'audio/mp3',
  'audio/x-m4a',
  'audio/x-wav',
  'audio/wave',
  'audio/x-flac',
  'audio/webm',
  'audio/x-matroska',
])

/** `declared` is what the uploader's browser said, parameters and all; `name` the file's name. */
export function sourceType(declared: string, name: string): string {
  const type = (declared.split(';', 1)[0] ?? '').trim().toLowerCase()
  if (SAFE.has(type)) return type
  const extension = /\.([0-9a-z]{1,5})$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(BY_EXTENSION, extension) ? (BY_EXTENSION[extension] ?? OCTETS) : OCTETS
}
const OCTETS = 'application/octet-stream'
