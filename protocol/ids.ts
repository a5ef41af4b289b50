/**
 * Names that travel between the parts: ids of videos and renditions, and where their bytes lie in the bucket.
 * Object keys are made here and nowhere else, so that deleting `videos/<id>/` deletes everything a video ever wrote.
 */
import * as v from 'valibot'

/** Twelve characters of `0-9A-Za-z_-` with no leading dash: fits a URL, a file name and a Workflow instance id. */
export const VideoId = v.pipe(v.string(), v.regex(/^[0-9A-Za-z_][0-9A-Za-z_-]{11}$/, 'not a video id'))

/** `720p-h264`, `audio-aac`: what a rendition is called in URLs, tables and object keys. */
export const RenditionId = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'not a rendition id'))

/** A lease names one attempt at a task; results of any other attempt are refused. Part of object keys, so attempts never overwrite each other. */
export const LeaseId = v.pipe(v.string(), v.regex(/^[0-9a-z]{10}$/, 'not a lease id'))

/** Every object of a video lies below this prefix. */
export function videoPrefix(videoId: string): string {
  return `videos/${videoId}/`
}

/** The uploaded file, untouched. */
export function sourceKey(videoId: string): string {
  return `videos/${videoId}/source`
}

/** What it takes to play the source as it is: the head and the pages of its index (media/source-index). */
export function sourceIndexKey(videoId: string, part: 'head' | 'pages'): string {
  return `videos/${videoId}/index/${part}`
}

/** The initialization segment of a rendition that is the source itself. */
export function sourceInitKey(videoId: string, rendition: string): string {
  return `videos/${videoId}/index/${rendition}-init.mp4`
}

/** Everything but the source: what processing made. */
export function madePrefix(videoId: string): string {
  return `videos/${videoId}/made/`
}

/** The initialization segment of a rendition, named by its content: equal bytes from two runners are one object. */
export function initKey(videoId: string, rendition: string, sha256: string): string {
  return `videos/${videoId}/made/${rendition}/init-${sha256.slice(0, 16)}.mp4`
}

/** One chunk of one rendition: its segments one after another. */
export function chunkKey(videoId: string, rendition: string, chunk: number, lease: string): string {
  return `videos/${videoId}/made/${rendition}/${String(chunk).padStart(5, '0')}-${lease}.mp4`
}

/** A picture made by the `thumbnails` task: `poster`, `sprite-0`, `sprite-1`, … */
export function pictureKey(videoId: string, name: string, lease: string): string {
  return `videos/${videoId}/made/pictures/${name}-${lease}.jpg`
}
