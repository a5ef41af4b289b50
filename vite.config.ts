/**
 * Builds the site: one HTML file a page, output in `dist/site`, where the Worker's static assets are served from
 * (wrangler.toml, `[assets]`). Header and footer are put into each page here, so that a page is complete before its
 * script runs and nothing moves when it does.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'

const root = fileURLToPath(new URL('./site/', import.meta.url))
const pages = ['index', 'upload', 'watch', 'sign-in', 'lab', 'lab/inspect', 'lab/player', 'lab/progressive', '404']

/** Replaces `<!-- shell:NAME -->` in a page by `site/shell/NAME.html`, and marks the link of the page one is on. */
function shell(): Plugin {
  return {
    name: 'sluice-shell',
    transformIndexHtml: {
      order: 'pre',
      handler(html, { path }) {
        const address = path.replace(/(index)?\.html$/, '')
        const section = `/${address.split('/')[1]}`
        return html.replace(/<!-- shell:(\w+) -->/g, (_, name: string) =>
          readFileSync(`${root}shell/${name}.html`, 'utf8')
            .replace(`<a href="${address}" data-nav>`, `<a href="${address}" aria-current="page">`)
            .replace(`<a href="${section}" data-nav>`, `<a href="${section}" aria-current="true">`),
        )
      },
    },
  }
}

export default defineConfig({
  root,
  plugins: [shell()],
  // In pages vite leaves them out by itself.
  worker: { rolldownOptions: { output: { comments: false } } },
  build: {
    outDir: fileURLToPath(new URL('./dist/site/', import.meta.url)),
    emptyOutDir: true,
    // The first versions with light-dark(), which the colours are written in.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // The content security policy allows scripts and styles from files only; a data: URL saves nothing over HTTP/2.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: Object.fromEntries(pages.map((page) => [page.replace('/', '-'), `${root}${page}.html`])) },
  },
})
