import { resend } from './resend.js';

resend('the network');
