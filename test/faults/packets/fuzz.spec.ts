import { QUICK } from '../scale.js';
import { fuzz } from './fuzz.js';

fuzz(QUICK.packets);
