/** Video of a TrackEntry (RFC 9559 5.1.4.1.28): pixels, how they are shown, colour. */
import type { ColourFacts, VideoFacts } from '../container/model.ts'
import type { Master } from './master.ts'

/** `video`: the element; null where a video track has none. */
export function readVideo(video: Master | null): VideoFacts {
  if (video === null) return { width: 0, height: 0, displayWidth: 0, displayHeight: 0, rotation: 0, colour: null }
  const width = video.uint(0xb0, 0)
  const height = video.uint(0xba, 0)
  return {
    width,
    height,
    ...readDisplay(video, width, height),
    rotation: readRotation(video.master(0x7670)),
    colour: readColour(video.master(0x55b0)),
  }
}

function readDisplay(video: Master, width: number, height: number): { displayWidth: number; displayHeight: number } {
  // PixelCropLeft, Right, Top, Bottom
  const left = Math.max(0, width - video.uint(0x54cc, 0) - video.uint(0x54dd, 0))
  const tall = Math.max(0, height - video.uint(0x54bb, 0) - video.uint(0x54aa, 0))
  const across = video.uint(0x54b0, 0)
  const down = video.uint(0x54ba, 0)
  // DisplayUnit: 0 pixels, 1 centimetres, 2 inches, 3 display aspect ratio, 4 unknown. "If the DisplayUnit […] is 0, then the
  // default value is equal to PixelWidth - PixelCropLeft - PixelCropRight, else, there is no default value."
  const unit = video.uint(0x54b2, 0)
  if (unit === 0) return { displayWidth: across || left, displayHeight: down || tall }
  if (unit === 4 || across === 0 || down === 0) return { displayWidth: left, displayHeight: tall }
  // A shape without a size: the picture keeps its lines and is as wide as they ask.
  return { displayWidth: Math.round((tall * across) / down), displayHeight: tall }
}

/** ProjectionPoseRoll of a flat picture: "a counterclockwise rotation, in degrees". Only quarters can be said in the model. */
function readRotation(projection: Master | null): VideoFacts['rotation'] {
  if (projection === null || projection.uint(0x7671, 0) !== 0) return 0
  const quarters = Math.round(-projection.float(0x7675, 0) / 90)
  const turned = ((quarters % 4) + 4) % 4
  return ([0, 90, 180, 270] as const)[turned] ?? 0
}

/** Colour: absent values are 2, unspecified. */
function readColour(colour: Master | null): ColourFacts | null {
  if (colour === null) return null
  const [primaries, transfer, matrix] = [colour.uint(0x55bb, 2), colour.uint(0x55ba, 2), colour.uint(0x55b1, 2)]
  // Range: 1 broadcast, 2 full, 3 as matrix and transfer say
  return { primaries, transfer, matrix, fullRange: colour.uint(0x55b9, 0) === 2 }
}
