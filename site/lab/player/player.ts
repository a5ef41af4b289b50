/** The page that watches the player decide. */
import '../../../player/index.ts'
import { defineSluiceDashboard } from '../../../player/dashboard/dashboard.ts'
import '../../shell/shell.ts'
import './player-lab.ts'

defineSluiceDashboard()
