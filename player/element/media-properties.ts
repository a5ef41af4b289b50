/** What <sluice-player> passes on from its <video>: attributes in, events out, so that pages treat it as a <video>. */

/** Attributes that are copied to the <video> as they are. */
export const COPIED_ATTRIBUTES = ['autoplay', 'crossorigin', 'loop', 'playsinline', 'preload'] as const

/** Events that do not bubble and are therefore sent again from the element itself. */
export const FORWARDED_EVENTS = [
  'canplay',
  'canplaythrough',
  'durationchange',
  'emptied',
  'ended',
  'loadeddata',
  'loadedmetadata',
  'loadstart',
  'pause',
  'play',
  'playing',
  'progress',
  'ratechange',
  'resize',
  'seeked',
  'seeking',
  'stalled',
  'suspend',
  'timeupdate',
  'volumechange',
  'waiting',
] as const
