/** Headers of every page that passes the Worker. `site/public/_headers` says the same for files that do not pass it. */

/** `blob:` is what Media Source Extensions play from; inline styles are those of media-chrome's and Lit's shadow roots. */
const CONTENT_SECURITY_POLICY = [
  `default-src 'self'`,
  `script-src 'self'`,
  `style-src 'self' 'unsafe-inline'`,
  `img-src 'self' data: blob:`,
  `media-src 'self' blob:`,
  `connect-src 'self'`,
  `worker-src 'self' blob:`,
  `object-src 'none'`,
  `base-uri 'none'`,
  `form-action 'self'`,
  `frame-ancestors 'self'`,
].join('; ')

/** What a page may do and where it may be shown. */
export const PAGE_HEADERS: Record<string, string> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
}

/** A page with these headers and this status. */
export function withPageHeaders(page: Response, status: number): Response {
  const answer = new Response(page.body, { status, headers: page.headers })
  for (const [name, value] of Object.entries(PAGE_HEADERS)) answer.headers.set(name, value)
  // An entity tag of the page at another address, with another status, would turn a 404 into a 304.
  if (status !== page.status) answer.headers.delete('ETag')
  return answer
}
