/** The watch page. */
import '../../player/index.ts'
import '../shell/shell.ts'
import './watch-page.ts'
