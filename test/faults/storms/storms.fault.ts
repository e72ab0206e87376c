import { FULL } from '../scale.js';
import { storms } from './storms.js';

storms(FULL.clients);
