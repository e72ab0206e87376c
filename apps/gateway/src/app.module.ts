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
import { Anonymous, BackupSource, HealthSource, HttpModule, MetricsSource } from '#http';
import { Ingest } from '#ingest';
import { ObservationRenderer, OntologyHub } from '#semantics';
import { ControlStore } from '#storage';
import type { Gateway } from './compose.js';
import { GatewayMetrics } from './telemetry/readings.js';

/** Hands the composed instances to Nest. */
@Module({})
export class AppModule {
  static over(gateway: Gateway, logger: Logger): DynamicModule {
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
      { provide: HealthSource, useValue: gateway.health },
      { provide: MetricsSource, useValue: new GatewayMetrics(gateway) },
      {
        provide: Anonymous,
        useValue: new Anonymous(gateway.config.metricsAccess === 'open' ? ['metrics:read'] : []),
      },
      { provide: BackupSource, useValue: new GatewayBackup(gateway) },
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

class GatewayBackup extends BackupSource {
  constructor(private readonly gateway: Gateway) {
    super();
  }

  get temporary(): string {
    return this.gateway.temporary;
  }

  backup(directory: string): Promise<void> {
    return this.gateway.backup(directory);
  }
}
