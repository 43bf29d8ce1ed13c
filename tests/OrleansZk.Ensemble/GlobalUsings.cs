global using OrleansZk.Ensemble.Clusters;
global using OrleansZk.TestKit.Processes;
global using OrleansZk.TestKit.Wire;
global using Shouldly;
global using Xunit;
