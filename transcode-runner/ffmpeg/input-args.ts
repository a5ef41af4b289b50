/**
 * How FFmpeg reads an uploaded file, which is not to be trusted: by HTTP from the loopback server only, and only as one of
 * the formats that hold pictures and sound themselves. Playlists and scripts (HLS, DASH, concat, image sequences) could
 * otherwise name files of this machine or addresses of its network.
 */
import type { SourceFacts } from '../../protocol/plan.ts'

const CONTAINERS = [
  'mov,mp4,m4a,3gp,3g2,mj2',
  'matroska,webm',
  'mpegts,mpeg,mpegvideo,avi,flv,live_flv,asf,rm,mxf,dv,gif,nut,ivf,obu,wtv,yuv4mpegpipe,ogg,swf,nsv,bink,smk,vivo,4xm,roq',
  'h264,hevc,m4v,h263,vc1,av1,mjpeg',
  'wav,w64,aiff,au,caf,mp3,aac,ac3,eac3,dts,flac,ape,wv,tta,amr,mp2,opus,truehd,loas,mpc,mpc8,voc',
].join(',')

/** Options that stand before `-i`, for ffmpeg and ffprobe alike, with the `-i`. */
export function inputArgs(url: string): string[] {
  return ['-protocol_whitelist', 'http,tcp', '-format_whitelist', CONTAINERS, '-i', url]
}

/** Options every ffmpeg command starts with. */
export const QUIET_ARGS = ['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'warning'] as const

/**
 * Times as they are in the file (`-copyts`), so that a seek and a whole decode agree. A clock that may jump is left to
 * FFmpeg instead, which counts from the file's start and closes the jumps; such a source is never seeked in.
 */
export function clockArgs({ fileStartUs }: SourceFacts): string[] {
  return fileStartUs === undefined ? ['-copyts'] : []
}

/** The filter option that makes the origin zero, on the clock of `clockArgs`: `PTS-1.4/TB`. */
export function fromOrigin({ originUs, fileStartUs }: SourceFacts): string {
  return `PTS-${seconds(originUs - (fileStartUs ?? 0))}/TB`.replace('--', '+')
}

/**
 * FFmpeg closes a jump at the first packet behind it, of whatever stream it reads. Sound and picture are encoded by two
 * processes: each reads the other's stream too and throws it away, so that both close every jump by the same amount.
 */
export function jumpTogether({ fileStartUs }: SourceFacts, other: { streamIndex: number } | null): string[] {
  return fileStartUs === undefined || other === null ? [] : ['-map', `0:${other.streamIndex}`, '-c', 'copy', '-f', 'null', '-']
}

/** Seconds as FFmpeg reads them, exact to the microsecond. */
export function seconds(us: number): string {
  const whole = Math.trunc(Math.abs(us) / 1e6)
  const rest = String(Math.abs(us) % 1e6).padStart(6, '0')
  return `${us < 0 ? '-' : ''}${whole}.${rest}`
}
