import { resend } from './resend.js';

resend('kill -9 of the service');
resend('a restart of the service');
