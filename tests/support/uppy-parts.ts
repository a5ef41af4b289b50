/** What a page needs of Uppy, for the tests that run it. */
export { default as Uppy } from '@uppy/core'
export { default as Tus } from '@uppy/tus'
