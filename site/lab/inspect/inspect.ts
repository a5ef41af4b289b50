/** The page that looks into media files. */
import '../../shell/shell.ts'
import './inspect-page.ts'
