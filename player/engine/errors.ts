/**
 * The catalogue of errors the player can end with. Codes are stable; the text is a sentence for the viewer: what happened
 * and what to do. The technical detail travels beside it and is never the only thing shown.
 */
export const PLAYER_ERRORS = {
  'playlist-unreachable': 'The video cannot be reached. Check the connection and try again.',
  'playlist-not-found': 'There is no video at this address.',
  'playlist-invalid': 'The server did not answer with a playlist this player understands.',
  'nothing-playable': 'This browser can play none of the formats this video comes in.',
  'segments-unreachable': 'The video stopped arriving. Check the connection and try again.',
  'key-unreachable': 'The key to this video could not be fetched. You may not be allowed to watch it.',
  'encryption-unsupported': 'This video is encrypted in a way that this player or this page cannot open.',
  'media-error': 'The browser could not decode this video.',
  'media-stuck': 'Playback stopped although the video is there. Try again.',
  'mse-missing': 'This browser cannot play adaptive video.',
} as const satisfies Record<string, string>
export type PlayerErrorCode = keyof typeof PLAYER_ERRORS

/** What playback failed with: a code of the catalogue, its sentence, and the detail for whoever debugs it. */
export class PlayerError extends Error {
  readonly code: PlayerErrorCode
  readonly detail: string
  constructor(code: PlayerErrorCode, detail: string) {
    super(PLAYER_ERRORS[code])
    this.name = 'PlayerError'
    this.code = code
    this.detail = detail
  }
}

/** Whatever was thrown, as one line of text. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}
