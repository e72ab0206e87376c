import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { AccessDirectory } from '#access';
import {
  AccountRegistry,
  DeadLetters,
  DeviceRegistry,
  FeatureRegistry,
  ObservationQueries,
  Previewer,
  PropertyRegistry,
  Replayer,
  SchemaRegistry,
} from '#control';
import { BackupSource, HealthSource, HttpModule, type Health } from '#http';
import { Ingest } from '#ingest';
import { ObservationRenderer, OntologyHub } from '#semantics';
import { ControlStore } from '#storage';
import type { Gateway } from './compose.js';

/** Hands the composed instances to Nest. */
@Module({})
export class AppModule {
  static over(gateway: Gateway, logger: Logger): DynamicModule {
    const started = Date.now();
    const health: HealthSource = {
      health: (): Health => {
        const trouble = gateway.trouble();
        return {
          status: trouble.length > 0 ? 'degraded' : 'ok',
          trouble,
          version: gateway.config.version,
          uptime: Math.round((Date.now() - started) / 1000),
          mqtt: { connections: gateway.broker.connections, held: gateway.broker.depth },
        };
      },
    };
    const services = [
      { provide: AccessDirectory, useValue: gateway.access },
      { provide: AccountRegistry, useValue: gateway.accounts },
      { provide: ControlStore, useValue: gateway.control },
      { provide: DeadLetters, useValue: gateway.deadLetters },
      { provide: DeviceRegistry, useValue: gateway.devices },
      { provide: FeatureRegistry, useValue: gateway.features },
      { provide: Ingest, useValue: gateway.ingest },
      { provide: ObservationQueries, useValue: gateway.queries },
      { provide: ObservationRenderer, useValue: gateway.renderer },
      { provide: OntologyHub, useValue: gateway.hub },
      { provide: Previewer, useValue: gateway.previewer },
      { provide: PropertyRegistry, useValue: gateway.properties },
      { provide: Replayer, useValue: gateway.replayer },
      { provide: SchemaRegistry, useValue: gateway.schemas },
      { provide: HealthSource, useValue: health },
      {
        provide: BackupSource,
        useValue: { backup: gateway.backup, temporary: gateway.config.dataDir } satisfies BackupSource,
      },
    ];
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot({ pinoHttp: { logger, autoLogging: false } }),
        HttpModule.over(services, gateway.baseUrl),
      ],
    };
  }
}
