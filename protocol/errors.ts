/**
 * The catalogue of errors the edge answers with: `{"error": {"code", "message"}}`. Codes are stable, messages say what
 * happened and what to do. docs/3-reference/errors.md lists them; a test keeps the two equal.
 */
export const ERRORS = {
  'not-found': { status: 404, text: 'There is nothing at this address.' },
  'video-not-found': { status: 404, text: 'There is no video with this id.' },
  'not-playable-yet': { status: 404, text: 'Nothing of this video can be played yet.' },
  'not-inspectable': { status: 422, text: 'The file is no MP4, MOV, WebM or Matroska: its structure cannot be shown.' },
  'sign-in-needed': { status: 401, text: 'This needs the admin token, as Authorization: Bearer or by signing in.' },
  'wrong-token': { status: 401, text: 'This token is not valid here.' },
  'other-origin': { status: 403, text: 'Changes are only taken from pages of this site.' },
  'bad-request': { status: 400, text: 'The request cannot be understood.' },
  'method-not-allowed': { status: 405, text: 'This address does not take this method.' },
  'upload-empty': { status: 400, text: 'The file is empty: there is nothing to upload.' },
  'upload-too-large': { status: 413, text: 'The file is larger than this server takes.' },
  'upload-not-found': { status: 404, text: 'There is no upload in progress at this address; start a new one.' },
  'upload-expired': { status: 410, text: 'This upload was not finished in time and was deleted; start a new one.' },
  'upload-offset': { status: 409, text: 'The server has another offset; ask for it with HEAD and go on from there.' },
  'upload-busy': { status: 423, text: 'Another request is writing to this upload; try again in a moment.' },
  'upload-complete': { status: 409, text: 'This upload is complete; delete the video instead.' },
  'upload-content-type': { status: 415, text: 'Bytes of an upload come as Content-Type: application/offset+octet-stream.' },
  'tus-version': { status: 412, text: 'This is a tus 1.0.0 server: send Tus-Resumable: 1.0.0.' },
  'checksum-unknown': { status: 400, text: 'Upload-Checksum is `sha1`, `md5` or `sha256`, a space, and the digest in Base64.' },
  'checksum-mismatch': { status: 460, text: 'The bytes arrived damaged (checksum mismatch) and were dropped; send them again.' },
  'range-not-satisfiable': { status: 416, text: 'The file has no such bytes.' },
  'precondition-failed': { status: 412, text: 'What is here is not what If-Match or If-Unmodified-Since asks for.' },
  internal: { status: 500, text: 'Something broke on our side; the details are in the log of the server.' },
} as const satisfies Record<string, { status: number; text: string }>
export type ErrorCode = keyof typeof ERRORS

/** The error body of every JSON answer. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string }
}
