/**
 * A zoo of small media files, made by FFmpeg on first use (see `clip`): every codec, layout and oddity that it can write,
 * two seconds of a small picture each. Readers are compared with ffprobe over all of it.
 */
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { clip } from './clips.ts'
import { withLargeSizes } from './large-sizes.ts'

export interface Animal {
  /** What is special about it. */
  name: string
  /** `mp4`, `mov`, `m4a`, `3gp`, `mkv`, `webm`, … */
  extension: string
  /** Makes the file unless it is there, and answers its path. */
  file(): Promise<string>
}

/** Arguments as one would type them; none of them holds a space, except those given in an array. */
type Words = string | string[]

const words = (given: Words[]): string[] => given.flatMap((one) => (typeof one === 'string' ? one.split(' ').filter(Boolean) : one))

const made = new Map<string, Promise<string>>()

function animal(name: string, extension: string, ...args: Words[]): Animal {
  return derived(name, extension, () => clip(extension, words(args)))
}

/** Made once per process, also when it is asked for twice at a time. */
function derived(name: string, extension: string, make: () => Promise<string>): Animal {
  const key = `${name}.${extension}`
  return {
    name,
    extension,
    file: () => {
      const file = made.get(key) ?? make()
      made.set(key, file)
      return file
    },
  }
}

/** The file of another animal, copied into a new container by `args`. */
function copied(name: string, extension: string, from: Animal, before: string, after: string): Animal {
  return derived(name, extension, async () => clip(extension, words([before, ['-i', await from.file()], '-map 0 -c copy', after])))
}

/** A picture, 25 frames per second unless told. */
const picture = (rate = '25', size = '160x120', seconds = 2): string => `-f lavfi -i testsrc2=size=${size}:rate=${rate}:duration=${seconds}`
const sound = (frequency = 440, layout = 'mono', seconds = 2): string[] => [
  ...['-f', 'lavfi', '-i', `sine=frequency=${frequency}:sample_rate=48000:duration=${seconds},aformat=channel_layouts=${layout}`],
]
/** A text as an input of its own. */
const inline = (format: string, text: string): string[] => {
  return ['-f', format, '-i', `data:text/plain;base64,${Buffer.from(text).toString('base64')}`]
}
const CHAPTERS = inline(
  'ffmetadata',
  ';FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=700\ntitle=Opening\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=700\nEND=2000\ntitle=Ende, für alle\n',
)
const SUBTITLES = inline('srt', '1\n00:00:00,300 --> 00:00:00,900\nHello\n\n2\n00:00:01,100 --> 00:00:01,700\nGood bye\n')

const AV = [picture(), sound()]
const H264 = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 12'
const B_FRAMES = '-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 12 -bf 3 -x264-params b-adapt=0:scenecut=0'
const HEVC = '-c:v libx265 -preset ultrafast -pix_fmt yuv420p -g 12 -x265-params log-level=none:pools=1'
const VP8 = '-c:v libvpx -deadline realtime -cpu-used 8 -g 12 -b:v 150k'
const VP9 = '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 12 -b:v 150k -pix_fmt yuv420p'
const AV1 = '-c:v libsvtav1 -preset 12 -g 12 -pix_fmt yuv420p'
const AAC = '-c:a aac'
const SELECT_SOME = '-vf select=eq(n\\,0)+gt(mod(n*n\\,7)\\,2) -vsync vfr'
/** Ticks beyond 32 bits; composition offsets below 2^28, from where on FFmpeg takes them for an error. */
const LARGE_TIMES = '-video_track_timescale 1500000000'
const HDR = '-color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc -color_range tv'
/** Hex, as FFmpeg's `-decryption_key` takes it. */
export const CENC_KEY = '76a6c65c5ea762046bd749a2e632ccbb'
const CENC = `-encryption_scheme cenc-aes-ctr -encryption_key ${CENC_KEY} -encryption_kid a7e61c373e219033c21091fa607bf3b8`

const plain = animal('h264-aac', 'mp4', ...AV, H264, AAC)
const bFrames = animal('b-frames', 'mp4', ...AV, B_FRAMES, AAC)
const openGop = animal(
  'open-gop',
  'mp4',
  ...AV,
  '-c:v libx264 -preset veryfast -pix_fmt yuv420p',
  '-x264-params open-gop=1:keyint=12:bframes=3',
  AAC,
)

/** MP4, MOV, M4A, 3GP with one table of samples a track. */
const TABLES: Animal[] = [
  plain,
  bFrames,
  openGop,
  animal('faststart', 'mp4', ...AV, B_FRAMES, AAC, '-movflags +faststart'),
  animal('negative-composition-offsets', 'mp4', ...AV, B_FRAMES, AAC, '-movflags +negative_cts_offsets'),
  animal('no-edit-list', 'mp4', ...AV, B_FRAMES, AAC, '-use_editlist 0'),
  derived('64-bit-sizes', 'mp4', () => rewritten(bFrames, 'large', withLargeSizes)),
  animal('64-bit-times', 'mp4', picture('25', '160x120', 3), sound(), B_FRAMES, '-bf 1', AAC, LARGE_TIMES),
  animal('hevc-hvc1', 'mp4', ...AV, HEVC, '-tag:v hvc1', AAC),
  animal('hevc-hev1', 'mp4', ...AV, HEVC, AAC),
  animal('hevc-hdr', 'mp4', picture(), '-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -x265-params log-level=none:pools=1', HDR),
  animal('vp9', 'mp4', ...AV, VP9, '-c:a libopus'),
  animal('av1', 'mp4', ...AV, AV1, '-c:a libopus'),
  animal('av1-aom', 'mp4', picture('25', '160x120', 1), '-c:v libaom-av1 -cpu-used 8 -usage realtime -g 12'),
  animal('mpeg4-mp3', 'mp4', ...AV, '-c:v mpeg4 -bf 2 -g 12 -c:a libmp3lame'),
  animal('mjpeg', 'mov', picture(), '-c:v mjpeg -pix_fmt yuvj420p'),
  animal('mjpeg', 'mp4', picture(), '-c:v mjpeg -pix_fmt yuvj420p'),
  animal('prores-pcm', 'mov', ...AV, '-c:v prores_ks -profile:v 0 -c:a pcm_s16le'),
  animal('dnxhr', 'mov', picture('25', '256x144', 1), '-c:v dnxhd -profile:v dnxhr_lb -pix_fmt yuv422p'),
  animal('qtrle', 'mov', picture('25', '160x120', 1), '-c:v qtrle'),
  animal('png', 'mov', picture('25', '160x120', 1), '-c:v png'),
  animal('h264-b-frames-pcm', 'mov', ...AV, B_FRAMES, '-c:a pcm_s24be'),
  animal('h264-aac', 'mov', ...AV, B_FRAMES, AAC),
  animal('timecode', 'mov', ...AV, H264, AAC, '-timecode 01:00:00:00'),
  animal('h263-aac', '3gp', picture('25', '176x144'), sound(), '-c:v h263 -g 12', AAC),
  animal('h264-aac', '3gp', ...AV, H264, AAC),
  animal('aac', 'm4a', sound(), AAC),
  animal('aac-5.1', 'm4a', sound(440, '5.1'), AAC),
  animal('alac', 'm4a', sound(440, 'stereo'), '-c:a alac'),
  animal('aac-cover', 'm4a', sound(), picture('1', '64x64', 1), '-map 0 -map 1', AAC, '-c:v mjpeg -disposition:v attached_pic'),
  animal('mp3', 'mp4', sound(), '-c:a libmp3lame'),
  animal('opus', 'mp4', sound(440, 'stereo'), '-c:a libopus'),
  animal('flac', 'mp4', sound(), '-c:a flac -strict -2'),
  animal('ac3', 'mp4', sound(440, '5.1'), '-c:a ac3'),
  animal('eac3', 'mp4', sound(440, 'stereo'), '-c:a eac3'),
  animal('vorbis', 'mp4', sound(440, 'stereo'), '-c:a libvorbis'),
  animal('dts', 'mp4', sound(440, 'stereo'), '-c:a dca -strict -2'),
  animal('truehd', 'mp4', sound(440, 'stereo'), '-c:a truehd -strict -2'),
  animal('aac', 'mov', sound(), AAC),
  animal('alac', 'mov', sound(), '-c:a alac'),
  animal('mp3', 'mov', sound(), '-c:a libmp3lame'),
  animal('pcm-u8', 'mov', sound(), '-c:a pcm_u8'),
  animal('pcm-s32le', 'mov', sound(440, 'stereo'), '-c:a pcm_s32le'),
  animal('pcm-f32', 'mov', sound(), '-c:a pcm_f32be'),
  animal('pcm-f64', 'mov', sound(440, '5.1'), '-c:a pcm_f64le'),
  animal('mu-law', 'mov', sound(), '-c:a pcm_mulaw'),
  animal('ima-adpcm', 'mov', sound(440, 'stereo'), '-c:a adpcm_ima_qt'),
  animal('variable-frame-rate', 'mp4', ...AV, SELECT_SOME, B_FRAMES, AAC),
  animal('ntsc', 'mp4', picture('30000/1001'), sound(), B_FRAMES, AAC),
  animal('odd-track-timescale', 'mp4', ...AV, B_FRAMES, AAC, '-video_track_timescale 12345'),
  animal('odd-movie-timescale', 'mp4', ...AV, B_FRAMES, AAC, '-movie_timescale 90001'),
  animal('44100', 'mp4', picture('24'), sound(), B_FRAMES, AAC, '-ar 44100'),
  animal('late-sound', 'mp4', picture(), '-itsoffset 0.7', sound(), '-map 0 -map 1', B_FRAMES, AAC),
  animal('late-picture', 'mp4', '-itsoffset 0.513', picture(), sound(), '-map 0 -map 1', B_FRAMES, AAC),
  copied('trimmed', 'mp4', bFrames, '-ss 0.9', ''),
  copied('trimmed-open-gop', 'mp4', openGop, '-ss 1.1', ''),
  copied('trimmed-both-ends', 'mov', bFrames, '-ss 0.61', '-t 0.8'),
  copied(
    'trimmed-late-sound',
    'mp4',
    animal('late-sound', 'mov', picture(), '-itsoffset 0.7', sound(), '-map 0 -map 1', H264, AAC),
    '-ss 0.3',
    '',
  ),
  animal('cenc', 'mp4', ...AV, H264, AAC, CENC),
  // This FFmpeg's `rotate` counts against the clock
  copied('rotated-270', 'mp4', plain, '', '-metadata:s:v rotate=90'),
  copied('rotated-180', 'mov', plain, '', '-metadata:s:v rotate=180'),
  copied('rotated-90', 'mp4', plain, '', '-metadata:s:v rotate=270'),
  animal(
    'several-sounds',
    'mp4',
    picture(),
    sound(),
    sound(660),
    sound(880),
    '-map 0 -map 1 -map 2 -map 3',
    H264,
    AAC,
    '-metadata:s:a:0 language=eng -metadata:s:a:1 language=deu -metadata:s:a:1 title=Kommentar -disposition:a:1 0',
  ),
  animal('subtitles', 'mp4', ...AV, SUBTITLES, '-map 0 -map 1 -map 2', H264, AAC, '-c:s mov_text -metadata:s:s language=eng'),
  animal('chapters', 'mp4', ...AV, CHAPTERS, '-map 0 -map 1 -map_chapters 2', H264, AAC),
  animal('chapters', 'mov', ...AV, CHAPTERS, '-map 0 -map 1 -map_chapters 2', H264, AAC),
  animal('chapters-in-track-only', 'm4a', sound(), CHAPTERS, '-map 0 -map_chapters 1', AAC, '-movflags +disable_chpl'),
  animal('one-frame', 'mp4', picture(), '-frames:v 1', H264),
  animal('anamorphic', 'mp4', picture(), '-vf setsar=4/3', H264, '-color_primaries bt709 -color_trc bt709 -colorspace bt709'),
  animal('hint-tracks', 'mp4', ...AV, H264, AAC, '-movflags +rtphint'),
  animal('metadata-keys', 'mp4', ...AV, H264, AAC, '-movflags +use_metadata_tags -metadata album=Sluice'),
]

/** Fragments. */
const FRAGMENTS: Animal[] = [
  animal('fragmented', 'mp4', ...AV, B_FRAMES, AAC, '-movflags +frag_keyframe+empty_moov+default_base_moof'),
  animal('fragmented-hybrid', 'mp4', ...AV, B_FRAMES, AAC, '-movflags +frag_keyframe'),
  animal('fragmented-empty-moov', 'mp4', ...AV, B_FRAMES, AAC, '-movflags +frag_keyframe+empty_moov'),
  animal('fragmented-separate-moof', 'mp4', ...AV, B_FRAMES, AAC, '-movflags +frag_keyframe+empty_moov+separate_moof'),
  animal('fragmented-delay-moov', 'mp4', ...AV, B_FRAMES, AAC, '-movflags +frag_keyframe+delay_moov'),
  animal('fragmented-every-frame', 'mp4', ...AV, B_FRAMES, AAC, '-movflags +frag_every_frame+empty_moov+delay_moov'),
  animal('fragmented-omit-offset', 'mp4', ...AV, B_FRAMES, AAC, '-movflags +frag_keyframe+empty_moov+omit_tfhd_offset'),
  animal('fragmented-half-second', 'mp4', ...AV, H264, AAC, '-movflags +empty_moov+default_base_moof -frag_duration 500000'),
  animal('fragmented-interleaved', 'mp4', ...AV, H264, AAC, '-movflags +frag_keyframe+empty_moov+default_base_moof -frag_interleave 3'),
  animal('fragmented-skip-trailer', 'mp4', ...AV, B_FRAMES, AAC, '-movflags +frag_keyframe+delay_moov+skip_trailer+negative_cts_offsets'),
  animal(
    'fragmented-late-sound',
    'mp4',
    picture(),
    '-itsoffset 0.7',
    sound(),
    '-map 0 -map 1',
    B_FRAMES,
    AAC,
    '-movflags +frag_keyframe+delay_moov',
  ),
  animal('fragmented-vfr', 'mp4', ...AV, SELECT_SOME, B_FRAMES, AAC, '-movflags +frag_keyframe+delay_moov -video_track_timescale 600'),
  animal('fragmented-cenc', 'mp4', picture(), H264, '-movflags +frag_keyframe+empty_moov+default_base_moof', CENC),
  animal('cmaf', 'mp4', ...AV, B_FRAMES, AAC, '-movflags +cmaf+frag_keyframe+delay_moov'),
  animal('dash-global-sidx', 'mp4', ...AV, B_FRAMES, AAC, '-movflags +dash+frag_keyframe+delay_moov+global_sidx'),
  animal('dash-hevc', 'mp4', picture(), HEVC, '-tag:v hvc1 -movflags +dash+frag_keyframe+delay_moov'),
  animal('smooth', 'ismv', ...AV, B_FRAMES, AAC),
  animal('fragmented', 'mov', ...AV, B_FRAMES, AAC, '-movflags +frag_keyframe+empty_moov'),
  animal('fragmented-prft', 'mp4', picture(), H264, '-movflags +frag_keyframe+empty_moov+default_base_moof -write_prft pts'),
  animal('fragmented-alac', 'm4a', sound(), '-c:a alac -movflags +empty_moov+default_base_moof -frag_duration 300000'),
]

/** Everything that `openMp4` reads. */
export const MP4_FAMILY: Animal[] = [...TABLES, ...FRAGMENTS]

/** Everything that `openMatroska` reads. */
export const MATROSKA_FAMILY: Animal[] = [
  animal('h264-aac', 'mkv', ...AV, H264, AAC),
  animal('b-frames', 'mkv', ...AV, B_FRAMES, AAC),
  copied('open-gop', 'mkv', openGop, '', ''),
  animal('hevc', 'mkv', ...AV, HEVC, AAC),
  animal('hevc-hdr', 'mkv', picture(), '-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -x265-params log-level=none:pools=1', HDR),
  animal('vp8-vorbis', 'webm', ...AV, VP8, '-c:a libvorbis'),
  animal('vp8-alpha', 'webm', picture(), '-vf format=yuva420p', VP8, '-auto-alt-ref 0'),
  animal('vp9-opus', 'webm', ...AV, VP9, '-c:a libopus'),
  animal(
    'vp9-alt-ref',
    'webm',
    picture(),
    '-c:v libvpx-vp9 -cpu-used 8 -g 24 -b:v 100k -lag-in-frames 16 -auto-alt-ref 1 -pix_fmt yuv420p',
  ),
  animal('av1-opus', 'webm', ...AV, AV1, '-c:a libopus'),
  animal('mpeg4-mp3', 'mkv', ...AV, '-c:v mpeg4 -bf 2 -g 12 -c:a libmp3lame'),
  animal('prores-pcm', 'mkv', ...AV, '-c:v prores_ks -profile:v 0 -c:a pcm_s16le'),
  animal('mjpeg-flac', 'mkv', ...AV, '-c:v mjpeg -pix_fmt yuvj420p -c:a flac'),
  animal('ac3', 'mkv', sound(440, '5.1'), '-c:a ac3'),
  animal('eac3', 'mkv', sound(440, 'stereo'), '-c:a eac3'),
  animal('alac', 'mka', sound(), '-c:a alac'),
  animal('dts', 'mka', sound(440, 'stereo'), '-c:a dca -strict -2'),
  animal('opus', 'webm', sound(440, 'stereo'), '-c:a libopus'),
  animal('vorbis', 'webm', sound(440, 'stereo'), '-c:a libvorbis'),
  animal('small-clusters', 'mkv', ...AV, B_FRAMES, AAC, '-cluster_time_limit 200'),
  animal('tiny-clusters', 'webm', ...AV, VP8, '-c:a libvorbis -cluster_size_limit 2000'),
  animal('live', 'webm', ...AV, VP8, '-c:a libopus -live 1 -cluster_time_limit 500'),
  animal('live', 'mkv', ...AV, B_FRAMES, AAC, '-live 1 -cluster_time_limit 400'),
  animal('cues-in-front', 'mkv', ...AV, B_FRAMES, AAC, '-cues_to_front 1'),
  animal('reserved-index', 'mkv', ...AV, H264, AAC, '-reserve_index_space 4096'),
  animal('no-crc', 'mkv', ...AV, H264, AAC, '-write_crc32 0'),
  animal('variable-frame-rate', 'mkv', ...AV, SELECT_SOME, B_FRAMES, AAC),
  animal('ntsc', 'mkv', picture('30000/1001'), sound(), B_FRAMES, AAC),
  animal('late-sound', 'mkv', picture(), '-itsoffset 0.7', sound(), '-map 0 -map 1', B_FRAMES, AAC),
  copied('trimmed', 'mkv', bFrames, '-ss 0.9', ''),
  animal(
    'several-sounds',
    'mkv',
    picture(),
    sound(),
    sound(660),
    '-map 0 -map 1 -map 2',
    H264,
    '-c:a libopus -metadata:s:a:0 language=eng -metadata:s:a:1 language=deu -metadata:s:a:1 title=Kommentar',
  ),
  animal('subtitles', 'mkv', ...AV, SUBTITLES, '-map 0 -map 1 -map 2', H264, AAC, '-c:s srt -metadata:s:s language=eng'),
  animal('subtitles-ass', 'mkv', ...AV, SUBTITLES, '-map 0 -map 1 -map 2', H264, AAC, '-c:s ass'),
  animal('subtitles', 'webm', ...AV, SUBTITLES, '-map 0 -map 1 -map 2', VP8, '-c:a libvorbis -c:s webvtt'),
  animal('chapters', 'mkv', ...AV, CHAPTERS, '-map 0 -map 1 -map_chapters 2', H264, AAC),
  animal('one-frame', 'mkv', picture(), '-frames:v 1', H264),
  animal('anamorphic', 'mkv', picture(), '-vf setsar=4/3', H264, '-color_primaries bt709 -color_trc bt709 -colorspace bt709'),
]

export const ZOO: Animal[] = [...MP4_FAMILY, ...MATROSKA_FAMILY]

/** What FFmpeg does not write: its file, changed byte by byte. */
async function rewritten(from: Animal, what: string, change: (bytes: Uint8Array) => Uint8Array): Promise<string> {
  const source = await from.file()
  const file = `${source}.${what}.${from.extension}`
  const exists = await stat(file).catch(() => null)
  if (exists !== null) return file
  await writeFile(`${file}.${process.pid}.half`, change(await readFile(source)))
  await rename(`${file}.${process.pid}.half`, file)
  return file
}
