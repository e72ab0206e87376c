import { QUICK } from '../scale.js';
import { storms } from './storms.js';

storms(QUICK.clients);
