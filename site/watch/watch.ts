/** The watch page. */
import.meta.glob('../../player/index.ts', { eager: true })
import '../shell/shell.ts'
import './watch-page.ts'
