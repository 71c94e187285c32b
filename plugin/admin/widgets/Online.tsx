import { Badge, Box, Flex, Typography } from '@strapi/design-system';
import { useAuth } from '@strapi/strapi/admin';

import type { OnlineAdmin } from '../../shared/contracts/presence';
import { useGetIoOnlineAdminsQuery } from '../api/monitoring';
import { Avatar } from '../components/Avatar';
import { RelativeTime } from '../components/RelativeTime';
import { fullName } from '../presence/names';
import { useTranslate } from '../utils/translations';
import { Polled } from './Polled';

/** More are counted, not named. */
const SHOWN = 20;

const Person = ({ admin, self }: { admin: OnlineAdmin; self: boolean }) => {
  const t = useTranslate();
  const name = fullName(admin) ?? t('presence.unnamed');
  const [role, ...others] = admin.roles.map((role) => role.name);
  return (
    <Flex tag="li" gap={3} paddingTop={2} paddingBottom={2}>
      <Avatar user={admin} />
      <Box minWidth={0} flex="1">
        <Typography tag="p" fontWeight="semiBold" textColor="neutral800" title={name} ellipsis>
          {self ? t('widgets.online.you', { name }) : name}
        </Typography>
        <Typography tag="p" variant="pi" textColor="neutral600" ellipsis>
          {t('widgets.online.active')} <RelativeTime timestamp={admin.lastActivity} />
        </Typography>
      </Box>
      {role !== undefined && (
        <Badge size="S" maxWidth="14rem" title={[role, ...others].join(', ')}>
          <Typography variant="sigma" ellipsis>
            {role}
          </Typography>
        </Badge>
      )}
    </Flex>
  );
};

const People = ({ admins }: { admins: OnlineAdmin[] }) => {
  const t = useTranslate();
  const ownId = useAuth('Online', ({ user }) => Number(user?.id));
  const sorted = [...admins].sort((a, b) => b.lastActivity - a.lastActivity);
  if (admins.length === 0) {
    return <Typography textColor="neutral600">{t('widgets.online.none')}</Typography>;
  }
  return (
    <>
      <ul>
        {sorted.slice(0, SHOWN).map((admin) => (
          <Person key={admin.id} admin={admin} self={admin.id === ownId} />
        ))}
      </ul>
      {sorted.length > SHOWN && (
        <Typography variant="pi" textColor="neutral600">
          {t('widgets.online.more', { count: sorted.length - SHOWN })}
        </Typography>
      )}
    </>
  );
};

/** Which admins have their panel open. */
export const Online = () => (
  <Polled<OnlineAdmin[]> useQuery={useGetIoOnlineAdminsQuery}>
    {(admins) => <People admins={admins} />}
  </Polled>
);
