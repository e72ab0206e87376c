import { FULL } from '../scale.js';
import { fuzz } from './fuzz.js';

fuzz(FULL.packets);
