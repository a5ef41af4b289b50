/**
 * The catalogue of errors the edge answers with: `{"error": {"code", "message"}}`. Codes are stable, messages say what
 * happened and what to do. docs/3-reference/errors.md lists them; a test keeps the two equal.
 */
export const ERRORS = {
  'not-found': { status: 404, text: 'There is nothing at this address.' },
  'video-not-found': { status: 404, text: 'There is no video with this id.' },
  'not-playable-yet': { status: 404, text: 'Nothing of this video can be played yet.' },
  'sign-in-needed': { status: 401, text: 'This needs the admin token, as Authorization: Bearer or by signing in.' },
  'wrong-token': { status: 401, text: 'This token is not valid here.' },
  'other-origin': { status: 403, text: 'Changes are only taken from pages of this site.' },
  'bad-request': { status: 400, text: 'The request cannot be understood.' },
  'method-not-allowed': { status: 405, text: 'This address does not take this method.' },
  'upload-empty': { status: 400, text: 'The file is empty: there is nothing to upload.' },
  'upload-too-large': { status: 413, text: 'The file is larger than this server takes.' },
  'range-not-satisfiable': { status: 416, text: 'The file has no such bytes.' },
  internal: { status: 500, text: 'Something broke on our side; the details are in the log of the server.' },
} as const satisfies Record<string, { status: number; text: string }>
export type ErrorCode = keyof typeof ERRORS

/** The error body of every JSON answer. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string }
}
