import monitoring from './monitoring';
import presence from './presence';
import sessions from './sessions';
import settings from './settings';

export default { monitoring, presence, sessions, settings };
