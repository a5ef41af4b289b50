/** Loads playlists, follows a multivariant one, and collects what is wrong with each and between them. */
import path from 'node:path'
import { MediaError } from '../../media/errors.ts'
import { checkPlaylist } from '../../media/hls/check/check-playlist.ts'
import { checkMembers, checkUpdate, type Member } from '../../media/hls/check/check-update.ts'
import type { Finding } from '../../media/hls/check/model.ts'
import type { ReadMediaPlaylist, ReadMultivariantPlaylist, ReadOptions } from '../../media/hls/read-model.ts'
import { readPlaylist } from '../../media/hls/read.ts'
import { isUrl, readText } from '../demux/input.ts'
import { Failure } from '../failure.ts'
import { counted } from '../terminal.ts'

const MAX_PLAYLIST_BYTES = 16 * 1024 * 1024
const MAX_PLAYLISTS = 200

/** One playlist and what is wrong with it. */
export interface Checked {
  address: string
  kind: 'multivariant' | 'media' | 'I-frame'
  /** For people: how much there is. */
  facts: string
  findings: Finding[]
  /** As last loaded; null for a multivariant playlist, and one that did not come. */
  media: ReadMediaPlaylist | null
}

/** The playlist, and each that it names, once. Throws `Failure` when the first cannot be read. */
export async function checkAll(address: string, signal: AbortSignal): Promise<Checked[]> {
  const { read, text } = await load(address, {}, signal)
  const findings = checkPlaylist(text)
  if (read.kind === 'media') return [checkedMedia(address, read.playlist, findings)]
  const { variants, iframeVariants, audio, video, subtitles, variables } = read.playlist
  const renditions = [...audio, ...video, ...subtitles].length
  const facts = [
    counted(variants.length, 'variant'),
    counted(iframeVariants.length, 'I-frame list'),
    counted(renditions, 'rendition'),
  ].join(', ')
  const checked: Checked[] = [{ address, kind: 'multivariant', facts, findings, media: null }]
  const members: Member[] = []
  for (const { uri, role } of listMembers(read.playlist)) {
    const place = resolve(address, uri)
    const one = await checkMember(place, variables, signal)
    checked.push(one)
    if (one.media !== null) members.push({ name: uri, role, playlist: one.media })
  }
  findings.push(...checkMembers(members))
  return checked
}

/** Reads a live playlist again and compares it with what it was. */
export async function checkAgain(one: Checked, signal: AbortSignal): Promise<void> {
  const before = one.media
  const { read, text } = await load(one.address, {}, signal)
  if (before === null || read.kind !== 'media') return
  // What is wrong in every load is said once; the lines move.
  const known = new Set(one.findings.map(({ clause, text: what }) => `${clause} ${what}`))
  for (const finding of [...checkPlaylist(text), ...checkUpdate(before, read.playlist)]) {
    if (known.has(`${finding.clause} ${finding.text}`)) continue
    known.add(`${finding.clause} ${finding.text}`)
    one.findings.push(finding)
  }
  Object.assign(one, checkedMedia(one.address, read.playlist, one.findings))
}

async function checkMember(address: string, variables: ReadonlyMap<string, string>, signal: AbortSignal): Promise<Checked> {
  try {
    const { read, text } = await load(address, { variables }, signal)
    if (read.kind === 'media') return checkedMedia(address, read.playlist, checkPlaylist(text))
    const nested = 'A multivariant playlist names media playlists; this is a multivariant one.'
    const findings: Finding[] = [{ level: 'must', line: null, clause: '4.4.6.2', text: nested }]
    return { address, kind: 'multivariant', facts: 'not followed', findings, media: null }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const findings: Finding[] = [{ level: 'must', line: null, clause: '4.1', text: error.message }]
    return { address, kind: 'media', facts: 'not read', findings, media: null }
  }
}

function checkedMedia(address: string, playlist: ReadMediaPlaylist, findings: Finding[]): Checked {
  const { segments, durationSeconds, ended, type } = playlist
  const state = ended ? 'complete' : (type ?? 'live')
  const facts = `${counted(segments.length, 'segment')}, ${durationSeconds.toFixed(3)} s, ${state}`
  return { address, kind: playlist.iframesOnly ? 'I-frame' : 'media', facts, findings, media: playlist }
}

async function load(
  address: string,
  options: ReadOptions,
  signal: AbortSignal,
): Promise<{ read: ReturnType<typeof readPlaylist>; text: string }> {
  const text = await readText(address, MAX_PLAYLIST_BYTES, signal)
  try {
    return { read: readPlaylist(text, { ...options, url: address }), text }
  } catch (error) {
    if (error instanceof MediaError) throw new Failure(`${address} cannot be read as a playlist: ${error.message}.`)
    throw error
  }
}

function listMembers({
  variants,
  iframeVariants,
  audio,
  video,
  subtitles,
}: ReadMultivariantPlaylist): { uri: string; role: Member['role'] }[] {
  const roles = new Map<string, Member['role']>()
  for (const { uri } of [...variants, ...audio, ...video]) if (uri !== undefined) roles.set(uri, 'media')
  for (const { uri } of subtitles) roles.set(uri, 'subtitles')
  for (const { uri } of iframeVariants) roles.set(uri, 'iframes')
  if (roles.size > MAX_PLAYLISTS) throw new Failure(`It names ${roles.size} playlists; ${MAX_PLAYLISTS} are followed at most.`)
  return [...roles].map(([uri, role]) => ({ uri, role }))
}

/** An address in a playlist, which counts from the playlist's own. */
function resolve(base: string, uri: string): string {
  if (isUrl(uri)) return uri
  if (isUrl(base)) return new URL(uri, base).href
  return path.resolve(path.dirname(base), uri.split(/[?#]/)[0] ?? uri)
}
