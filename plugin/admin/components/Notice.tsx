import { type ReactNode } from 'react';
import { Flex, Typography } from '@strapi/design-system';
import { CheckCircle, Information, WarningCircle } from '@strapi/icons';

type Variant = 'neutral' | 'success' | 'warning' | 'danger';

const ICONS = {
  neutral: Information,
  success: CheckCircle,
  warning: WarningCircle,
  danger: WarningCircle,
} satisfies Record<Variant, typeof Information>;

/** Something to know about the page, for as long as it is so. */
export function Notice({ variant, children }: { variant: Variant; children: ReactNode }) {
  const Icon = ICONS[variant];
  return (
    <Flex
      gap={3}
      alignItems="flex-start"
      paddingLeft={4}
      paddingRight={4}
      paddingTop={3}
      paddingBottom={3}
      hasRadius
      role={variant === 'danger' ? 'alert' : 'status'}
      background={`${variant}100`}
      borderColor={`${variant}200`}
    >
      <Flex paddingTop="2px" shrink={0}>
        <Icon width="1.6rem" height="1.6rem" fill={`${variant}600`} aria-hidden />
      </Flex>
      <Typography textColor="neutral800" style={{ overflowWrap: 'anywhere' }}>
        {children}
      </Typography>
    </Flex>
  );
}
