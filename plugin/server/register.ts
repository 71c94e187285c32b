import type { ServiceContext } from './types';
import { getService } from './utils/get-service';

export default function register({ strapi }: ServiceContext): void {
  getService(strapi, 'changes').watchDocuments();
}
