import { QUICK } from '../scale.js';
import { flood } from './flood.js';

flood(QUICK.sockets, false);
