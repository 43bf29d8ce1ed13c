global using OrleansZk.Protocol.Records;
global using OrleansZk.TestKit.Wire;
global using Shouldly;
global using Xunit;
