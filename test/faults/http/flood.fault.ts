import { FULL } from '../scale.js';
import { flood } from './flood.js';

flood(FULL.sockets, true);
