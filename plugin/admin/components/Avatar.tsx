import { Flex, Typography } from '@strapi/design-system';

import type { PresenceUser } from '../../shared/contracts/presence';
import { colorOf, initials } from '../presence/names';

/** The initials of an admin in their colour, beside their name. */
export const Avatar = ({ user }: { user: PresenceUser }) => (
  <Flex
    aria-hidden
    background={colorOf(user)}
    borderRadius="50%"
    justifyContent="center"
    shrink={0}
    width="3.2rem"
    height="3.2rem"
  >
    <Typography variant="pi" fontWeight="bold" textColor="neutral0">
      {initials(user) || '?'}
    </Typography>
  </Flex>
);
