/** The library page. */
import '../shell/shell.ts'
import './home-page.ts'
